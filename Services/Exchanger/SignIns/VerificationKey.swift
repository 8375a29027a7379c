import Crypto
import CryptoExtras
import Foundation
import Model
import ServiceTokens

/// The algorithms with which an ID token may be signed: asymmetric ones that every provider of today has. Neither `none` nor any
/// that would take a public key for a shared secret.
enum SignatureAlgorithm: String, Sendable, CaseIterable {
  case rs256 = "RS256"
  case es256 = "ES256"
  case edDSA = "EdDSA"
}

/// One public key of an identity provider (RFC 7517), which verifies with one algorithm.
struct VerificationKey: Sendable {
  /// Bits of an RSA modulus: fewer can be broken, more only cost time.
  private static let modulusBytes = 256...1_024

  let id: String
  let algorithm: SignatureAlgorithm
  private let material: Material

  private enum Material: Sendable {
    case rsa(_RSA.Signing.PublicKey)
    case p256(P256.Signing.PublicKey)
    case ed25519(Curve25519.Signing.PublicKey)
  }

  /// Returns nil for a key without a name, of another kind, for another use, or that is none.
  init?(_ key: JSONValue) {
    guard let id = key["kid"]?.text, !id.isEmpty, key["use"]?.text ?? "sig" == "sig", Self.verifies(key) else {
      return nil
    }
    func bytes(_ name: String) -> Data? { key[name]?.text.flatMap { Base64URL.decode($0.utf8) }.map { Data($0) } }
    switch (key["kty"]?.text, key["crv"]?.text) {
    case ("RSA", _):
      guard let modulus = bytes("n"), let exponent = bytes("e"), Self.modulusBytes.contains(modulus.count),
        let rsa = try? _RSA.Signing.PublicKey(n: modulus, e: exponent)
      else { return nil }
      (algorithm, material) = (.rs256, .rsa(rsa))
    case ("EC", "P-256"):
      guard let x = bytes("x"), let y = bytes("y"), x.count == 32, y.count == 32,
        let p256 = try? P256.Signing.PublicKey(rawRepresentation: x + y)
      else { return nil }
      (algorithm, material) = (.es256, .p256(p256))
    case ("OKP", "Ed25519"):
      guard let x = bytes("x"), let ed25519 = try? Curve25519.Signing.PublicKey(rawRepresentation: x) else {
        return nil
      }
      (algorithm, material) = (.edDSA, .ed25519(ed25519))
    default: return nil
    }
    // What the provider itself says about the key's algorithm counts.
    if let named = key["alg"]?.text, named != algorithm.rawValue { return nil }
    self.id = id
  }

  func accepts(_ signature: Data, for message: Data) -> Bool {
    switch material {
    case .rsa(let key):
      key.isValidSignature(
        _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: message),
        padding: .insecurePKCS1v1_5)
    case .p256(let key):
      (try? P256.Signing.ECDSASignature(rawRepresentation: signature)).map {
        key.isValidSignature($0, for: SHA256.hash(data: message))
      } ?? false
    case .ed25519(let key): key.isValidSignature(signature, for: message)
    }
  }

  private static func verifies(_ key: JSONValue) -> Bool {
    guard case .array(let operations)? = key["key_ops"] else { return true }
    return operations.contains("verify")
  }
}
