/// The setting that row-level-security policies read, with its value, for the length of one transaction.
///
/// A policy compares a column with it:
/// `USING (organization_id = nullif(current_setting('lanyard.organization', true), ''))`. The `nullif` matters: after
/// its first use on a connection the setting reads as the empty string outside a context, not as NULL.
public struct SessionContext: Hashable, Sendable {
  /// Name of the setting, with a prefix and a dot.
  public let setting: String
  public let value: String
  /// Whether statements in it keep one plan for all their values, instead of being planned for each. For statements whose best plan is the
  /// same whatever they are given, and dearer to make than to carry out; the server itself only decides so when it thinks them equal.
  public let keepsPlans: Bool

  public init(setting: StaticString, value: String, keepsPlans: Bool = false) {
    self.setting = setting.description
    self.value = value
    self.keepsPlans = keepsPlans
  }

  /// Sets the value until the end of the current transaction, explicit or implicit.
  var statement: SQL {
    guard keepsPlans else { return "SELECT set_config(\(setting), \(value), true)" }
    return "SELECT set_config(\(setting), \(value), true), set_config('plan_cache_mode', 'force_generic_plan', true)"
  }
}
