import Model

/// How far a reader of both trails has come: from each only entries with smaller numbers are left. Opaque to callers.
struct AuditCursor: Equatable {
  /// Nil from the newest on.
  var policy: Int64?
  var vault: Int64?

  init() {}

  /// - Throws: `invalid_request` for a text that is no cursor of ours.
  init(_ text: String?) throws {
    guard let text else { return }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "a1", let policy = Self.number(parts[1]), let vault = Self.number(parts[2])
    else { throw ServiceError(.invalidRequest, "The cursor is not one that this list gave out.") }
    (self.policy, self.vault) = (policy.value, vault.value)
  }

  var text: String {
    "a1.\(policy.map(String.init) ?? "-").\(vault.map(String.init) ?? "-")"
  }

  /// Moves past an entry.
  mutating func pass(_ record: AuditRecord) {
    if record.service == .vault { vault = record.sequence } else { policy = record.sequence }
  }

  private static func number(_ text: Substring) -> (value: Int64?, Void)? {
    if text == "-" { return (nil, ()) }
    guard let value = Int64(text), value > 0 else { return nil }
    return (value, ())
  }
}
