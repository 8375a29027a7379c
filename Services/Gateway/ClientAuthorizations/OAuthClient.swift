import Model

/// An MCP client as far as it is known, and where it may have its person sent back to.
struct OAuthClient: Sendable {
  var id: String
  var kind: ClientKind
  /// What it calls itself. Anybody can call themselves anything.
  var name: String
  /// Where its document is; nil for a client that registered itself.
  var host: String?
  var redirects: [ClientRedirectURI]

  init(id: String, kind: ClientKind, name: String, host: String?, redirects: [ClientRedirectURI]) {
    self.id = id
    self.kind = kind
    self.name = name
    self.host = host
    self.redirects = redirects
  }

  init(_ client: RegisteredClient) {
    self.init(
      id: client.id.rawValue, kind: .registered, name: client.name, host: nil,
      redirects: client.redirectUris.compactMap(ClientRedirectURI.init))
  }

  /// The address with this text, if the client may use it.
  func redirect(_ text: String) -> ClientRedirectURI? {
    ClientRedirectURI(text).flatMap { asked in redirects.contains(where: asked.matches) ? asked : nil }
  }
}
