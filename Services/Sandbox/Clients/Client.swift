/// An application that may ask people for access.
struct Client: Sendable {
  /// How the client proves itself at the token endpoint (RFC 7591 section 2).
  enum Authentication: String, Codable, Sendable, CaseIterable {
    case basic = "client_secret_basic"
    case post = "client_secret_post"
    case none
  }

  let id: String
  let name: String
  /// Nil for a public client, which has only PKCE.
  let secret: Fingerprint?
  let redirectURIs: [RedirectURI]
}
