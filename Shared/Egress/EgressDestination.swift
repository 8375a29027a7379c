/// A host and a port, exactly.
public struct EgressDestination: Hashable, Sendable, CustomStringConvertible {
  /// Lower-case name or address; IPv6 without brackets.
  public let host: String
  public let port: Int

  public init(host: String, port: Int) {
    self.host = host.lowercased()
    self.port = port
  }

  /// Reads `host:port` or `[address]:port`. Nil for anything else: no wildcards, no missing port.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = Int(digits), (1...65_535).contains(port)
    else { return nil }
    var name = text[..<colon].lowercased()
    if name.hasPrefix("["), name.hasSuffix("]") {
      name = String(name.dropFirst().dropLast())
      guard case .v6? = IPAddress(name) else { return nil }
    } else {
      guard EgressURL.isName(name) else { return nil }
    }
    host = name
    self.port = port
  }

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
