import FoundationEssentials
import HTTPTypes

/// Who calls the token, revocation or introspection endpoint (RFC 6749 section 2.3).
struct ClientAuthentication: Sendable {
  let clients: ClientRegistry

  /// The client that the request proves, by `Authorization: Basic` or by the form, never by both.
  func client(authorization: String?, form: FormFields) throws(OAuthError) -> Client {
    try form.checkSingle()
    if let authorization {
      guard form["client_secret"] == nil else {
        throw OAuthError(.invalidRequest, "Use one way to authenticate the client, not two.")
      }
      let (id, secret) = try Self.basic(authorization)
      guard form["client_id"] == nil || form["client_id"] == id else {
        throw OAuthError(.invalidRequest, "client_id differs from the Authorization header.")
      }
      return try check(id, secret)
    }
    guard let id = form["client_id"] else { throw Self.refusal }
    return try check(id, form["client_secret"])
  }

  private func check(_ id: String, _ secret: String?) throws(OAuthError) -> Client {
    guard let client = clients[id], client.isProved(by: secret.map(Fingerprint.init(of:))) else { throw Self.refusal }
    return client
  }

  /// Both halves are form-encoded before base64 (RFC 6749 section 2.3.1).
  private static func basic(_ header: String) throws(OAuthError) -> (String, String) {
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "basic", let data = Data(base64Encoded: String(parts[1])),
      let colon = data.firstIndex(of: UInt8(ascii: ":"))
    else { throw refusal }
    return (FormFields.decode(data[..<colon]), FormFields.decode(data[data.index(after: colon)...]))
  }

  private static let refusal = OAuthError(
    .invalidClient, "The client is unknown or its secret is wrong.", challenge: #"Basic realm="sandbox""#)
}
