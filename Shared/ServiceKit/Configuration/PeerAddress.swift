import FoundationEssentials

/// Where one replica of a peer is reached: scheme, host and port, no path.
public struct PeerAddress: Sendable, Hashable, CustomStringConvertible {
  /// `http` or `https`.
  public let scheme: String
  public let host: String
  /// `https://vault.internal:7001`, without a slash at the end.
  public let origin: String

  /// Returns nil unless the text is `http://host[:port]` or `https://host[:port]`.
  public init?(_ text: String) {
    guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), let host = url.host, !host.isEmpty,
      scheme == "http" || scheme == "https", url.path.isEmpty || url.path == "/", url.query == nil,
      url.user == nil, url.fragment == nil
    else { return nil }
    self.scheme = scheme
    self.host = host
    let bracketed = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    origin = "\(scheme)://\(bracketed)" + (url.port.map { ":\($0)" } ?? "")
  }

  /// Whether the host names this machine: the one place where a call may go without TLS.
  public var isLoopback: Bool { Self.isLoopback(host) }

  /// Whether a host name or address names this machine.
  public static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "::1" || host == "[::1]" || host.hasPrefix("127.")
  }

  public var description: String { origin }
}
