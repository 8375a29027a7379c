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
  /// Other secrets that it may use as well, as while an operator replaces one.
  var otherSecrets: [Fingerprint] = []
  let redirectURIs: [RedirectURI]

  /// Whether it is the client that has proved itself by this secret, or by none.
  func isProved(by secret: Fingerprint?) -> Bool {
    self.secret == secret || secret.map(otherSecrets.contains) == true
  }
}
