import Foundation
import Model

/// The claims of an ID token that came straight from the token endpoint.
///
/// Its signature is not checked: the token came over TLS from the server that would have signed it, which OpenID Connect Core section 3.1.3.7
/// point 6 accepts in its place. Issuer, audience, authorized party, time and nonce are.
struct IDTokenClaims: Sendable {
  /// Seconds by which clocks may differ.
  private static let clockTolerance = 60.0

  let document: JSONValue

  /// - Throws: ``AuthorizationRefusal/foreignIdentity``.
  init(
    _ token: Secret<String>, issuer: String?, clientId: String, nonce: Secret<String>?, now: Date = .now
  ) throws {
    let refused = AuthorizationRefusal.foreignIdentity
    guard let payload = token.expose(Self.payload),
      let document = try? JSONDecoder().decode(JSONValue.self, from: payload)
    else { throw refused }
    if let issuer, document["iss"]?.text != issuer { throw refused }
    guard Self.audiences(document).contains(clientId) else { throw refused }
    if let party = document["azp"]?.text, party != clientId { throw refused }
    guard let end = document["exp"]?.double, end > now.timeIntervalSince1970 - Self.clockTolerance else {
      throw refused
    }
    if let nonce, document["nonce"]?.text != nonce.expose({ $0 }) { throw refused }
    self.document = document
  }

  private static func audiences(_ document: JSONValue) -> [String] {
    if case .array(let items)? = document["aud"] { return items.compactMap(\.text) }
    return document["aud"]?.text.map { [$0] } ?? []
  }

  private static func payload(_ token: String) -> Data? {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3 else { return nil }
    var text = parts[1].replacing("-", with: "+").replacing("_", with: "/")
    text += String(repeating: "=", count: (4 - text.count % 4) % 4)
    return Data(base64Encoded: String(text))
  }
}
