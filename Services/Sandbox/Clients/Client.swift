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
  /// Addresses whose direct children it may be sent back to as well. Only for the client that is there from the start: Lanyard has an
  /// address of its own for each Integration at a server that does not name itself, and it is not known before.
  var redirectFolders: [RedirectURI] = []

  /// The address that a request names, if it is one of the client's.
  func redirectURI(_ text: String?) -> RedirectURI? {
    guard let text else { return nil }
    if let exact = redirectURIs.first(where: { $0.text == text }) { return exact }
    let isChild = redirectFolders.contains { folder in
      guard text.hasPrefix("\(folder.text)/") else { return false }
      let name = text.utf8.dropFirst(folder.text.utf8.count + 1)
      return !name.isEmpty && name.allSatisfy(Self.isOfName)
    }
    return isChild ? RedirectURI(text, allowPlainHTTP: true) : nil
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// Whether it is the client that has proved itself by this secret, or by none.
  func isProved(by secret: Fingerprint?) -> Bool {
    self.secret == secret || secret.map(otherSecrets.contains) == true
  }
}
