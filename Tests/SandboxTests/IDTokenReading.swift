import Crypto
import FoundationEssentials
import Model
import NIOHTTP1
import Testing

@testable import SandboxKit

/// Checks an ES256 signature with the key from the key set, as a client would, and returns the claims.
func verifiedClaims(_ token: String, _ sandbox: TestSandbox) async throws -> [String: JSONValue] {
  struct Keys: Decodable {
    struct Key: Decodable {
      var kid: String
      var alg: String
      var x: String
      var y: String
    }
    var keys: [Key]
  }
  let parts = token.split(separator: ".")
  try #require(parts.count == 3)
  let bytes = try parts.map { Data(try #require(Base64URL.decode($0.utf8))) }
  let header = try WireJSON.decode([String: String].self, from: bytes[0])
  let set = try await sandbox.send(.GET, "/.well-known/jwks.json").decode(Keys.self)
  let key = try #require(set.keys.first { $0.kid == header["kid"] && $0.alg == header["alg"] })
  let point = try [key.x, key.y].flatMap { try #require(Base64URL.decode($0.utf8)) }
  let signature = try P256.Signing.ECDSASignature(rawRepresentation: bytes[2])
  let content = Data("\(parts[0]).\(parts[1])".utf8)
  #expect(try P256.Signing.PublicKey(rawRepresentation: point).isValidSignature(signature, for: content))
  return try WireJSON.decode([String: JSONValue].self, from: bytes[1])
}
