#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// An IPv4 or IPv6 address.
public enum IPAddress: Hashable, Sendable, CustomStringConvertible {
  /// In host byte order.
  case v4(UInt32)
  /// The upper and the lower 64 bits.
  case v6(UInt64, UInt64)

  /// Reads the strict text forms only: four decimal numbers, or RFC 4291 section 2.2. Forms such as `127.1` or
  /// `0x7f000001` are none.
  public init?(_ text: String) {
    var four = in_addr()
    var six = in6_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      self = .v4(UInt32(bigEndian: four.s_addr))
    } else if inet_pton(AF_INET6, text, &six) == 1 {
      self.init(six)
    } else {
      return nil
    }
  }

  init(_ address: in6_addr) {
    let bytes = withUnsafeBytes(of: address) { Array($0) }
    func word(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
    self = .v6(word(0..<8), word(8..<16))
  }

  /// The text form of RFC 5952, or four decimal numbers.
  public var description: String {
    switch self {
    case .v4(let value):
      return (0..<4).map { String((value >> UInt32(24 - 8 * $0)) & 255) }.joined(separator: ".")
    case .v6(let upper, let lower):
      var address = in6_addr()
      withUnsafeMutableBytes(of: &address) { bytes in
        bytes.storeBytes(of: upper.bigEndian, toByteOffset: 0, as: UInt64.self)
        bytes.storeBytes(of: lower.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
      var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
      guard inet_ntop(AF_INET6, &address, &buffer, socklen_t(buffer.count)) != nil else { return "::" }
      return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
  }

  /// The IPv4 address inside `::ffff:0:0/96` (RFC 4291 section 2.5.5.2), or the address itself.
  public var unmapped: IPAddress {
    if case .v6(0, let lower) = self, lower >> 32 == 0xffff { .v4(UInt32(truncatingIfNeeded: lower)) } else { self }
  }

  /// This machine: 127.0.0.0/8, ::1, and the unspecified addresses, which lead there too.
  public var isThisMachine: Bool {
    switch unmapped {
    case .v4(let value): value >> 24 == 127 || value == 0
    case .v6(let upper, let lower): upper == 0 && lower <= 1
    }
  }
}
