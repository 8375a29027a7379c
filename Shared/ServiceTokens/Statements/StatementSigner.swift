import Crypto
import FoundationEssentials
import Model

/// Signs statements that others may check long after, without asking anyone: for example a checkpoint of the audit trail.
public struct StatementSigner: Sendable {
  private let key: ServiceKey

  /// - Parameter key: the service's own key.
  public init(key: ServiceKey) { self.key = key }

  /// Names the key, as the pinned set does.
  public var keyId: String { key.keyId }

  /// The Ed25519 signature (RFC 8032) of a statement, in base64url.
  ///
  /// - Parameter purpose: what kind of statement it is. It is part of what is signed, so that no statement can pass for one of another kind,
  ///   nor for a token.
  public func sign(_ statement: String, as purpose: String) throws -> String {
    RandomText.base64URL(try key.signature(for: Self.signedBytes(statement, purpose)))
  }

  static func signedBytes(_ statement: String, _ purpose: String) -> Data {
    Data("lanyard \(purpose) v1\n\(statement)".utf8)
  }
}

extension ServicePublicKey {
  /// Whether this key signed the statement for this purpose.
  public func hasSigned(_ statement: String, as purpose: String, signature: String) -> Bool {
    guard let bytes = Base64URL.decode(signature.utf8) else { return false }
    return publicKey.isValidSignature(bytes, for: StatementSigner.signedBytes(statement, purpose))
  }
}

extension ServiceCredentials {
  /// Signs statements with this service's key.
  public var statementSigner: StatementSigner { StatementSigner(key: key) }
}
