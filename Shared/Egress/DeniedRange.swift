/// A range of addresses that no request may go to, with what it is.
struct DeniedRange: Sendable {
  let network: IPAddress
  let bits: Int
  let what: String

  func contains(_ address: IPAddress) -> Bool {
    switch (network, address) {
    case (.v4(let base), .v4(let value)):
      let mask = bits == 0 ? 0 : UInt32.max << UInt32(32 - bits)
      return value & mask == base & mask
    case (.v6(let baseUpper, let baseLower), .v6(let upper, let lower)):
      let upperMask = bits == 0 ? 0 : UInt64.max << UInt64(max(0, 64 - bits))
      let lowerMask = bits <= 64 ? 0 : UInt64.max << UInt64(128 - bits)
      return upper & upperMask == baseUpper & upperMask && lower & lowerMask == baseLower & lowerMask
    default:
      return false
    }
  }
}

extension IPAddress {
  /// Why no request may go to this address; nil for an ordinary public one.
  ///
  /// A mapped IPv4 address is judged as the IPv4 address that it is. Translated and tunnelled forms (NAT64, 6to4,
  /// Teredo) are refused outright: what they lead to depends on the network.
  public var denial: String? {
    let address = unmapped
    if let range = Self.deniedRanges.first(where: { $0.contains(address) }) { return range.what }
    // Of IPv6, nothing but 2000::/3 is handed out for public use.
    if case .v6(let upper, _) = address, upper >> 61 != 1 { return "not global unicast" }
    return nil
  }

  /// The special-purpose registries of IPv4 and IPv6 (RFC 6890), multicast, and two addresses of clouds' own services.
  static let deniedRanges: [DeniedRange] = [
    ("0.0.0.0", 8, "this network"), ("10.0.0.0", 8, "private"), ("100.64.0.0", 10, "shared"),
    ("127.0.0.0", 8, "loopback"), ("169.254.0.0", 16, "link-local"), ("172.16.0.0", 12, "private"),
    ("192.0.0.0", 24, "protocol assignments"), ("192.0.2.0", 24, "documentation"), ("192.88.99.0", 24, "6to4 relay"),
    ("192.168.0.0", 16, "private"), ("198.18.0.0", 15, "benchmarking"), ("198.51.100.0", 24, "documentation"),
    ("203.0.113.0", 24, "documentation"), ("224.0.0.0", 4, "multicast"), ("240.0.0.0", 4, "reserved"),
    // A public address that answers inside one cloud only, with credentials.
    ("168.63.129.16", 32, "cloud metadata"),
    ("::", 128, "unspecified"), ("::1", 128, "loopback"), ("::", 96, "IPv4-compatible"),
    ("64:ff9b::", 96, "NAT64"), ("64:ff9b:1::", 48, "local NAT64"), ("100::", 64, "discard"),
    ("2001::", 23, "protocol assignments"), ("2001:db8::", 32, "documentation"), ("2002::", 16, "6to4"),
    ("3fff::", 20, "documentation"), ("5f00::", 16, "segment routing"), ("fc00::", 7, "unique local"),
    ("fe80::", 10, "link-local"), ("fec0::", 10, "site-local"), ("ff00::", 8, "multicast"),
  ].compactMap { text, bits, what in IPAddress(text).map { DeniedRange(network: $0, bits: bits, what: what) } }
}
