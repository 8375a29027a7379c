/// The setting that row-level-security policies read, with its value, for the length of one transaction.
///
/// A policy compares a column with it:
/// `USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))`. The `nullif` matters: after
/// its first use on a connection the setting reads as the empty string outside a context, not as NULL.
public struct SessionContext: Hashable, Sendable {
  /// Name of the setting, with a prefix and a dot.
  public let setting: String
  public let value: String

  public init(setting: StaticString, value: String) {
    self.setting = setting.description
    self.value = value
  }

  /// Sets the value until the end of the current transaction, explicit or implicit.
  var statement: SQL { "SELECT set_config(\(setting), \(value), true)" }
}
