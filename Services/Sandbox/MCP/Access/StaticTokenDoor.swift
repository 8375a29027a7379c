/// How `/mcp/static` is opened: by one token, in a header of the operator's choice.
struct StaticTokenDoor: Sendable {
  /// The name of the header, in any case.
  let header: String
  /// What stands before the token, with a space; empty where nothing does.
  let prefix: String
  /// Nil where nobody has set one: then the door stays shut.
  let token: Fingerprint?

  static let shut = StaticTokenDoor(header: "Authorization", prefix: "Bearer ", token: nil)

  /// The token that a header's value holds, if it begins as it should.
  func token(in value: String) -> String? {
    guard value.lowercased().hasPrefix(prefix.lowercased()) else { return nil }
    return String(value.dropFirst(prefix.count))
  }
}
