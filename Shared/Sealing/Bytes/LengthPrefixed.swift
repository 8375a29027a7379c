/// Joins fields so that no two different lists of fields give the same bytes.
///
/// Every field is preceded by its length as a 32-bit big-endian number, numbers included. Without the lengths
/// `a|bc` and `ab|c` would be the same text, and a ciphertext could move between the two places.
public struct LengthPrefixed: Sendable {
  /// The bytes joined so far.
  public private(set) var bytes: [UInt8] = []

  /// An empty list of fields.
  public init() {}

  /// Adds a text as UTF-8, exactly as it stands: no normalisation.
  public mutating func append(_ text: String) { append(Array(text.utf8)) }

  /// Adds bytes.
  public mutating func append(_ field: [UInt8]) {
    append(bigEndian: UInt32(field.count))
    bytes.append(contentsOf: field)
  }

  /// Adds a number as 4 big-endian bytes.
  public mutating func append(_ number: UInt32) {
    append(bigEndian: UInt32(MemoryLayout<UInt32>.size))
    append(bigEndian: number)
  }

  /// Adds a number as 8 big-endian bytes.
  public mutating func append(_ number: UInt64) {
    append(bigEndian: UInt32(MemoryLayout<UInt64>.size))
    append(bigEndian: number)
  }

  private mutating func append(bigEndian number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
  }
}
