import Crypto
import FoundationEssentials
import Model

/// The file with a service's own key: `{"service":"vault","kid":"…","privateKey":"<base64url>"}`, readable by its owner alone.
public enum ServiceKeyFile {
  private struct Document: Codable {
    var service: ServiceName
    var kid: String
    var privateKey: WireSecret
  }

  /// Reads a key.
  ///
  /// - Throws: ``ServiceKeyProblem``: also when others than the owner may read or write the file, since such a key may have been taken.
  public static func read(_ path: String) throws -> ServiceKey {
    let data = try PrivateFile.read(path)
    guard let document = try? WireJSON.decode(Document.self, from: data),
      let bytes = document.privateKey.secret.expose({ Base64URL.decode($0.utf8) }),
      let privateKey = try? Curve25519.Signing.PrivateKey(rawRepresentation: Data(bytes))
    else { throw ServiceKeyProblem.malformedKeyFile(path) }
    let key = ServiceKey(service: document.service, privateKey: privateKey)
    guard key.keyId == document.kid else { throw ServiceKeyProblem.malformedKeyFile(path) }
    return key
  }

  /// Writes a key with mode 0600. Refuses to replace an existing file.
  public static func write(_ key: ServiceKey, to path: String) throws {
    guard !FileManager.default.fileExists(atPath: path) else { throw ServiceKeyProblem.exists(path) }
    let text = key.secretBytes.expose { RandomText.base64URL($0) }
    let document = Document(service: key.service, kid: key.keyId, privateKey: WireSecret(text))
    try PrivateFile.write(WireJSON.encode(document), to: path, permissions: 0o600)
  }
}

/// What is wrong with a key file or a key set. Names files and key ids, never key material.
public enum ServiceKeyProblem: Error, CustomStringConvertible, Equatable {
  case unreadable(String)
  case exposed(String, mode: String)
  case exists(String)
  case notWritable(String)
  case malformedKeyFile(String)
  case malformedKeySet
  case malformedPublicKey(String)
  case duplicateKeyId(String)

  public var description: String {
    switch self {
    case .unreadable(let path): "\(path) cannot be read"
    case .exposed(let path, let mode): "\(path) has mode \(mode): only its owner may have access (chmod 600)"
    case .exists(let path): "\(path) exists already and is not replaced"
    case .notWritable(let path): "\(path) cannot be written"
    case .malformedKeyFile(let path): "\(path) is not a service key file"
    case .malformedKeySet: "the service key set is not {\"keys\":[{\"service\",\"kid\",\"publicKey\"}]}"
    case .malformedPublicKey(let keyId): "the public key \(keyId) is not 32 bytes of base64url"
    case .duplicateKeyId(let keyId): "the key id \(keyId) is pinned twice"
    }
  }
}
