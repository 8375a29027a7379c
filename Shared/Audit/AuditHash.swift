import Crypto

/// The canonical bytes of an entry and its place in the chain: `SHA-256(previous hash | sequence u64 | bytes)`.
///
/// Every field is preceded by its length (32 bits, big-endian); a missing one is the length 2^32 - 1 with nothing after
/// it, so "missing" and "empty" differ. Details are ordered by the bytes of their names.
enum AuditHash {
  static let byteCount = 32
  private static let format = "lanyard.audit.1"
  private static let missing = UInt32.max

  static func next(after previous: [UInt8], sequence: Int64, row: AuditRow) -> [UInt8] {
    next(after: previous, sequence: sequence, bytes: canonicalBytes(row))
  }

  static func next(after previous: [UInt8], sequence: Int64, bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(data: previous)
    withUnsafeBytes(of: sequence.bigEndian) { hash.update(bufferPointer: $0) }
    hash.update(data: bytes)
    return Array(hash.finalize())
  }

  static func canonicalBytes(_ row: AuditRow) -> [UInt8] {
    var bytes: [UInt8] = []
    append(format, to: &bytes)
    append(row.chain, to: &bytes)
    append(row.id, to: &bytes)
    append(number: UInt32(MemoryLayout<Int64>.size), to: &bytes)
    append(number: row.occurredMicroseconds, to: &bytes)
    append(row.action, to: &bytes)
    append(row.actorKind, to: &bytes)
    let optional = [
      row.actorId, row.userId, row.applicationId, row.appId, row.charmId, row.caller, row.targetKind, row.targetId,
    ]
    for text in optional { append(text, to: &bytes) }
    append(row.outcome, to: &bytes)
    append(row.grantId, to: &bytes)
    append(row.requestId, to: &bytes)
    append(number: UInt32(row.details.count), to: &bytes)
    for (name, value) in row.details.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      append(name, to: &bytes)
      append(value, to: &bytes)
    }
    return bytes
  }

  private static func append(_ text: String?, to bytes: inout [UInt8]) {
    guard let text else { return append(number: missing, to: &bytes) }
    append(number: UInt32(text.utf8.count), to: &bytes)
    bytes.append(contentsOf: text.utf8)
  }

  private static func append(number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
  }
}
