public import FoundationEssentials
public import Model
public import ServiceTokens

/// A place in a chain, signed by the service that writes the chain and kept outside its database.
///
/// Whoever may write the tables can compute a chain anew; without the service's key they cannot sign it.
public struct Checkpoint: Codable, Hashable, Sendable {
  public enum Kind: String, Codable, Sendable {
    /// The chain was here.
    case position
    /// Everything up to here was removed by an operator: the chain is checked from here on.
    case cut
  }

  /// Separates the signature from everything else that the key signs.
  static let purpose = "audit-checkpoint"

  public var kind: Kind
  /// Whose database the chain is in.
  public var service: ServiceName
  /// The organization's id, or `system`.
  public var chain: String
  public var sequence: Int64
  /// The chain's hash up to and including this entry, 64 hexadecimal digits.
  public var hash: String
  /// When it was signed, RFC 3339. A text, since it is what was signed.
  public var at: String
  public var keyId: String
  /// Ed25519, base64url.
  public var signature: String

  /// Signs a place.
  public init(
    _ kind: Kind = .position, of chain: AuditChain, at position: AuditPosition, service: ServiceName, now: Date,
    by signer: StatementSigner
  ) throws {
    self.kind = kind
    self.service = service
    self.chain = chain.name
    sequence = position.sequence
    hash = Hexadecimal.text(position.hash)
    at = WireTime.text(now)
    keyId = signer.keyId
    signature = ""
    signature = try signer.sign(statement, as: Self.purpose)
  }

  /// The signed text: the fields in this order, one a line.
  var statement: String {
    [kind.rawValue, service.rawValue, chain, String(sequence), hash, at, keyId].joined(separator: "\n")
  }

  /// The place; nil when the hash is none.
  public var position: AuditPosition? {
    guard let bytes = Hexadecimal.bytes(hash), bytes.count == AuditHash.byteCount, sequence > 0 else { return nil }
    return AuditPosition(sequence: sequence, hash: bytes)
  }

  /// Whether a pinned key of the service that it names has signed it.
  public func isSigned(by keys: [ServiceKeySet]) -> Bool {
    keys.contains { set in
      guard let key = set.key(withId: keyId), key.service == service else { return false }
      return key.hasSigned(statement, as: Self.purpose, signature: signature)
    }
  }

  /// One line of a checkpoint file, with its newline.
  func line() throws -> [UInt8] { Array(try WireJSON.encode(self)) + [UInt8(ascii: "\n")] }
}

/// Lower-case hexadecimal digits.
enum Hexadecimal {
  private static let digits = Array("0123456789abcdef".utf8)

  static func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Nil for anything but an even number of lower-case digits.
  static func bytes(_ text: String) -> [UInt8]? {
    let values = text.utf8.map { digits.firstIndex(of: $0) }
    guard values.count.isMultiple(of: 2), !values.contains(nil) else { return nil }
    let known = values.compactMap { $0 }
    return stride(from: 0, to: known.count, by: 2).map { UInt8(known[$0] << 4 | known[$0 + 1]) }
  }
}
