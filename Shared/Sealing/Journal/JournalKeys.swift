import Crypto
import FoundationEssentials
import Model

/// The public half of the vault's journal key: whoever holds it can seal for the vault and open nothing.
public struct JournalPublicKey: Sendable, Hashable {
  static let keyIdBytes = 8

  /// 32 bytes (RFC 7748 X25519).
  public let rawRepresentation: [UInt8]

  /// - Throws: ``JournalError/invalidKey`` unless it is a X25519 public key of 32 bytes.
  public init(rawRepresentation: [UInt8]) throws {
    guard (try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: rawRepresentation)) != nil else {
      throw JournalError.invalidKey
    }
    self.rawRepresentation = rawRepresentation
  }

  init(_ key: Curve25519.KeyAgreement.PublicKey) { rawRepresentation = Array(key.rawRepresentation) }

  /// Names the key in what is sealed to it: the first bytes of its SHA-256.
  var keyId: [UInt8] { Array(SHA256.hash(data: rawRepresentation).prefix(Self.keyIdBytes)) }

  /// Reads a public key file.
  ///
  /// - Throws: ``PrivateFileError`` when others may write the file, ``JournalError/invalidKey``.
  public static func load(_ path: String) throws -> JournalPublicKey {
    let bytes = try PrivateFile.read(path, protection: .ownerWrites)
    guard let document = try? WireJSON.decode(JournalKeyDocument.self, from: Data(bytes)),
      document.isSupported, let raw = Data(base64Encoded: document.public)
    else { throw JournalError.invalidKey }
    return try JournalPublicKey(rawRepresentation: Array(raw))
  }

  /// Writes a new public key file with mode 0600; refuses when there is one already.
  public func write(_ path: String) throws {
    let document = JournalKeyDocument(public: Data(rawRepresentation).base64EncodedString(), private: nil)
    try PrivateFile.write(Array(try WireJSON.encode(document)) + [UInt8(ascii: "\n")], to: path, replacing: false)
  }
}

/// The vault's journal key.
public struct JournalKeyPair: Sendable {
  public let publicKey: JournalPublicKey
  let privateKey: Curve25519.KeyAgreement.PrivateKey

  init(_ privateKey: Curve25519.KeyAgreement.PrivateKey) {
    self.privateKey = privateKey
    publicKey = JournalPublicKey(privateKey.publicKey)
  }

  /// A new random pair.
  public static func generate() -> JournalKeyPair { JournalKeyPair(Curve25519.KeyAgreement.PrivateKey()) }

  /// Reads a key file of mode 0600.
  ///
  /// - Throws: ``PrivateFileError``, ``JournalError/invalidKey``.
  public static func load(_ path: String) throws -> JournalKeyPair {
    var bytes = try PrivateFile.read(path)
    var data = Data(bytes)
    defer {
      bytes.wipe()
      data.wipe()
    }
    guard let document = try? WireJSON.decode(JournalKeyDocument.self, from: data), document.isSupported,
      var raw = document.private?.secret.expose({ Data(base64Encoded: $0) })
    else { throw JournalError.invalidKey }
    defer { raw.wipe() }
    guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: raw),
      // A public half that does not belong to the private one is a mixed-up file.
      document.public == key.publicKey.rawRepresentation.base64EncodedString()
    else { throw JournalError.invalidKey }
    return JournalKeyPair(key)
  }

  /// Writes a new key file with mode 0600; refuses when there is one already.
  public func write(_ path: String) throws {
    let text = WireSecret(privateKey.rawRepresentation.base64EncodedString())
    let document = JournalKeyDocument(
      public: Data(publicKey.rawRepresentation).base64EncodedString(), private: text)
    var data = try WireJSON.encode(document)
    var bytes = Array(data) + [UInt8(ascii: "\n")]
    defer {
      data.wipe()
      bytes.wipe()
    }
    try PrivateFile.write(bytes, to: path, replacing: false)
  }
}

extension JournalKeyPair: CustomStringConvertible, CustomReflectable {
  public var description: String { "JournalKeyPair" }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// The JSON form of both key files.
private struct JournalKeyDocument: Codable {
  private static let version = 1
  private static let algorithm = "X25519"

  var v = JournalKeyDocument.version
  var alg = JournalKeyDocument.algorithm
  var `public`: String
  var `private`: WireSecret?

  var isSupported: Bool { v == Self.version && alg == Self.algorithm }
}
