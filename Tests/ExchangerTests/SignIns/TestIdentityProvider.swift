import Crypto
import CryptoExtras
import Foundation
import Model

@testable import ExchangerKit

/// The keys of an identity provider, and tokens signed with them.
struct TestIdentityProvider: Sendable {
  static let issuer = "https://id.example.com"
  static let clientId = "client-1"
  static let nonce = Secret("nonce-1")
  static let now = Date(timeIntervalSince1970: 1_800_000_000)
  /// Once for all tests: making RSA keys takes long.
  static let shared = TestIdentityProvider()

  let rsa: _RSA.Signing.PrivateKey
  let p256 = P256.Signing.PrivateKey()
  let ed25519 = Curve25519.Signing.PrivateKey()

  init() {
    guard let rsa = try? _RSA.Signing.PrivateKey(keySize: .bits2048) else { preconditionFailure("no RSA key") }
    self.rsa = rsa
  }

  static func text(_ data: some Sequence<UInt8>) -> String { RandomText.base64URL(data) }

  static let claims: [String: JSONValue] = [
    "iss": .string(issuer), "sub": "ada", "aud": .string(clientId), "nonce": "nonce-1",
    "exp": 1_800_000_300, "iat": 1_800_000_000,
  ]

  func sign(
    _ claims: [String: JSONValue] = claims, header: [String: JSONValue] = ["alg": "RS256", "kid": "rsa"],
    as algorithm: SignatureAlgorithm? = .rs256
  ) throws -> Secret<String> {
    let message = Self.text(try JSONEncoder().encode(header)) + "." + Self.text(try JSONEncoder().encode(claims))
    let data = Data(message.utf8)
    let signature: Data =
      switch algorithm {
      case .rs256: try rsa.signature(for: SHA256.hash(data: data), padding: .insecurePKCS1v1_5).rawRepresentation
      case .es256: try p256.signature(for: SHA256.hash(data: data)).rawRepresentation
      case .edDSA: try ed25519.signature(for: data)
      case nil: Data()
      }
    return Secret(message + "." + Self.text(signature))
  }

  /// What `jwks_uri` shows.
  func keys() throws -> [JSONValue] {
    let primitives = try rsa.publicKey.getKeyPrimitives()
    let point = p256.publicKey.rawRepresentation
    return [
      [
        "kty": "RSA", "kid": "rsa", "alg": "RS256", "use": "sig",
        "n": .string(Self.text(primitives.modulus)), "e": .string(Self.text(primitives.publicExponent)),
      ],
      [
        "kty": "EC", "kid": "p256", "crv": "P-256", "x": .string(Self.text(point.prefix(32))),
        "y": .string(Self.text(point.suffix(32))),
      ],
      [
        "kty": "OKP", "kid": "ed25519", "crv": "Ed25519",
        "x": .string(Self.text(ed25519.publicKey.rawRepresentation)),
      ],
    ]
  }

  func keySet() throws -> String {
    String(decoding: try JSONEncoder().encode(["keys": try keys()]), as: UTF8.self)
  }

  static let metadata = """
    {"issuer":"https://id.example.com","authorization_endpoint":"https://id.example.com/authorize",
    "token_endpoint":"https://id.example.com/token","jwks_uri":"https://id.example.com/keys",
    "code_challenge_methods_supported":["S256"],"id_token_signing_alg_values_supported":["RS256","HS256"]}
    """
}
