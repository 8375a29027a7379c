import Crypto
public import FoundationEssentials
public import Model

/// The pinned public keys of all services. Tokens are checked against these and nothing else.
///
/// A service may have several keys, so that a new one can be pinned everywhere before its owner begins to sign with it.
public struct ServiceKeySet: Sendable {
  private let keys: [String: ServicePublicKey]

  /// - Throws: ``ServiceKeyProblem/duplicateKeyId(_:)``.
  public init(_ keys: [ServicePublicKey]) throws {
    var byId: [String: ServicePublicKey] = [:]
    for key in keys where byId.updateValue(key, forKey: key.keyId) != nil {
      throw ServiceKeyProblem.duplicateKeyId(key.keyId)
    }
    self.keys = byId
  }

  /// All keys, ordered by key id.
  public var all: [ServicePublicKey] { keys.values.sorted { $0.keyId < $1.keyId } }

  /// The key with this id, or nil. There is no default key.
  public func key(withId keyId: String) -> ServicePublicKey? { keys[keyId] }

  /// Whether the service has a key here.
  public func covers(_ service: ServiceName) -> Bool { keys.values.contains { $0.service == service } }
}

extension ServiceKeySet {
  private struct Document: Codable {
    var keys: [Entry]

    struct Entry: Codable {
      var service: ServiceName
      var kid: String
      var publicKey: String
    }
  }

  /// Reads the JSON form: `{"keys":[{"service":"vault","kid":"…","publicKey":"<base64url>"}]}`.
  ///
  /// - Throws: ``ServiceKeyProblem``.
  public init(json: Data) throws {
    guard let document = try? WireJSON.decode(Document.self, from: json) else {
      throw ServiceKeyProblem.malformedKeySet
    }
    try self.init(
      document.keys.map { entry in
        guard let bytes = Base64URL.decode(entry.publicKey.utf8),
          let key = try? Curve25519.Signing.PublicKey(rawRepresentation: Data(bytes))
        else { throw ServiceKeyProblem.malformedPublicKey(entry.kid) }
        return ServicePublicKey(service: entry.service, keyId: entry.kid, publicKey: key)
      })
  }

  /// The JSON form.
  public func json() throws -> Data {
    try WireJSON.encode(
      Document(
        keys: all.map { key in
          Document.Entry(
            service: key.service, kid: key.keyId, publicKey: RandomText.base64URL(key.publicKey.rawRepresentation))
        }))
  }

  /// Reads the set from a file.
  ///
  /// - Throws: ``ServiceKeyProblem``.
  public init(contentsOf path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else { throw ServiceKeyProblem.unreadable(path) }
    try self.init(json: data)
  }

  /// Writes the set to a file that everyone may read.
  public func write(to path: String) throws {
    try PrivateFile.write(json(), to: path, permissions: 0o644)
  }
}
