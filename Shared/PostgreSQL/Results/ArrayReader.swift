/// Reads one-dimensional arrays without NULL elements (`array_send` in PostgreSQL).
enum ArrayReader {
  /// Dimensions, NULL flag and element type, four bytes each.
  private static let headerLength = 12
  /// Length and lower bound of the one dimension.
  private static let dimensionLength = 8

  static func read<Element>(
    _ cell: PostgresCell, as expected: Any.Type, _ element: (PostgresType, UnsafeRawBufferPointer) -> Element?
  ) throws -> [Element] {
    // A scalar column must not be taken for an array: only types known as arrays, or made by a schema, get here.
    guard PostgresType.arrays.contains(cell.type) || cell.type.rawValue >= PostgresType.firstUserDefined else {
      throw cell.failure(expected)
    }
    return try cell.withBytes(as: expected) { bytes in
      guard bytes.count >= headerLength else { throw cell.failure(expected) }
      func number(at offset: Int) -> Int32 {
        Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
      }
      let type = PostgresType(rawValue: UInt32(bitPattern: number(at: 8)))
      if number(at: 0) == 0 { return [] }
      guard number(at: 0) == 1, bytes.count >= headerLength + dimensionLength else {
        throw cell.failure(expected, found: "an array of more dimensions")
      }
      var result: [Element] = []
      result.reserveCapacity(min(Int(number(at: headerLength)), bytes.count / 4))
      var offset = headerLength + dimensionLength
      for _ in 0..<number(at: headerLength) {
        guard offset + 4 <= bytes.count else { throw cell.failure(expected) }
        let length = Int(number(at: offset))
        offset += 4
        guard length >= 0 else { throw cell.failure(expected, found: "an array with NULL") }
        guard offset + length <= bytes.count,
          let value = element(type, UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]))
        else { throw cell.failure(expected, found: "an array of type \(type.rawValue)") }
        result.append(value)
        offset += length
      }
      return result
    }
  }
}

extension PostgresType {
  static let int4Array = PostgresType(rawValue: 1007)
  static let varcharArray = PostgresType(rawValue: 1015)
  static let nameArray = PostgresType(rawValue: 1003)

  /// Array types of the server itself that can be read.
  fileprivate static let arrays: Set<PostgresType> = [
    .boolArray, .byteaArray, .textArray, .int8Array, .timestamptzArray, .uuidArray, .int4Array, .varcharArray,
    .nameArray,
  ]
}
