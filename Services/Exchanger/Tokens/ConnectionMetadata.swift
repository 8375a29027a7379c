/// Names of what the exchanger keeps with a Connection besides its tokens.
enum ConnectionMetadata {
  /// What the tokens were asked for (RFC 8707). No provider's answer can set it: it is written last.
  static let resource = "resource"
}
