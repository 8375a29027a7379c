public import Crypto
import FoundationEssentials
public import Model

/// A service's own Ed25519 key (RFC 8032). It signs the service's tokens, and the policy service's grants.
public struct ServiceKey: Sendable {
  /// The service that the key belongs to.
  public let service: ServiceName
  /// Names the key in token headers: the service and the start of the SHA-256 of the public key.
  public let keyId: String
  private let privateKey: Curve25519.Signing.PrivateKey

  /// A new key.
  public static func generate(for service: ServiceName) -> ServiceKey {
    ServiceKey(service: service, privateKey: Curve25519.Signing.PrivateKey())
  }

  init(service: ServiceName, privateKey: Curve25519.Signing.PrivateKey) {
    self.service = service
    self.privateKey = privateKey
    keyId = Self.keyId(of: privateKey.publicKey, service: service)
  }

  /// The public half, as the other services pin it.
  public var publicKey: ServicePublicKey {
    ServicePublicKey(service: service, keyId: keyId, publicKey: privateKey.publicKey)
  }

  /// The 32 secret bytes, for the key file.
  var secretBytes: Secret<[UInt8]> { Secret(Array(privateKey.rawRepresentation)) }

  /// 32 bytes that only whoever holds the key can make.
  func derivedKey(for purpose: String) -> SymmetricKey {
    HKDF<SHA256>.deriveKey(
      inputKeyMaterial: SymmetricKey(data: privateKey.rawRepresentation), info: Array("lanyard \(purpose) v1".utf8),
      outputByteCount: 32)
  }

  func signature(for data: Data) throws -> Data { try privateKey.signature(for: data) }

  private static func keyId(of key: Curve25519.Signing.PublicKey, service: ServiceName) -> String {
    let digest = SHA256.hash(data: key.rawRepresentation)
    return "\(service.rawValue)-\(RandomText.base64URL(digest.prefix(12)))"
  }
}

extension ServiceKey: CustomStringConvertible, CustomReflectable {
  public var description: String { "ServiceKey(\(keyId))" }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// The pinned public key of a service.
public struct ServicePublicKey: Sendable {
  public let service: ServiceName
  public let keyId: String
  public let publicKey: Curve25519.Signing.PublicKey

  public init(service: ServiceName, keyId: String, publicKey: Curve25519.Signing.PublicKey) {
    self.service = service
    self.keyId = keyId
    self.publicKey = publicKey
  }
}
