import Model

/// A client id that is the address of a document: https with a path, and nothing that two programs read differently.
///
/// Written like a redirect URI. Whether it may be asked for is for the egress client to say; http passes here on a loopback
/// host only, and there only where the operator has named it.
struct ClientAddress: Hashable, Sendable {
  let text: String
  /// With the port, where there is one: what a person recognises a client by.
  let host: String

  /// Returns nil for what is no such address.
  init?(_ text: String) {
    guard let address = ClientRedirectURI(text) else { return nil }
    let path = text.dropFirst(address.origin.count).prefix { $0 != "?" }
    let steps = path.lowercased().replacing("%2e", with: ".").split(separator: "/")
    guard path.count > 1, !steps.contains(where: { $0 == "." || $0 == ".." }) else { return nil }
    self.text = text
    host = String(address.origin.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: true)[1].dropFirst())
  }
}
