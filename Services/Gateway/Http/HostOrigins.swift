import Foundation
import HTTPTypes
import Hummingbird
import Model

/// The origins of pages that may call the public API from a browser: those of the host platform.
///
/// Nothing is allowed unless an operator names it. No cookie is ever accepted on the public API, so what this guards is not a session of the
/// browser's but where a token that has leaked into a page can be used from.
struct HostOrigins: Sendable {
  /// A port that stands for any, on a loopback host only.
  private static let anyPort = ":*"
  private static let loopbackHosts = ["http://127.0.0.1", "http://localhost", "http://[::1]"]

  private let exact: Set<String>
  private let anyPortOf: Set<String>
  /// Entries that are no origins.
  let rejected: [String]

  /// - Parameter entries: `https` origins, `http` ones on a loopback host, and for these `:*` as the port.
  init(_ entries: [String], own: PublicURL?) {
    var exact: Set<String> = own.map { [$0.origin] } ?? []
    var anyPortOf: Set<String> = []
    var rejected: [String] = []
    for entry in entries {
      let host = entry.hasSuffix(Self.anyPort) ? String(entry.dropLast(Self.anyPort.count)) : nil
      if let host, Self.loopbackHosts.contains(host) {
        anyPortOf.insert(host)
      } else if let url = PublicURL(entry), url.origin == entry.lowercased() {
        exact.insert(url.origin)
      } else {
        rejected.append(entry)
      }
    }
    self.exact = exact
    self.anyPortOf = anyPortOf
    self.rejected = rejected
  }

  /// Whether a page of this origin, as the browser names it, may call.
  func allows(_ origin: String) -> Bool {
    if exact.contains(origin) { return true }
    guard let colon = origin.lastIndex(of: ":"), UInt16(origin[origin.index(after: colon)...]) != nil else {
      return anyPortOf.contains(origin)
    }
    return anyPortOf.contains(String(origin[..<colon]))
  }
}

extension HostOrigins {
  /// A page of a foreign site must not use what a browser may have (MCP revision 2026-07-28, transports, security).
  ///
  /// - Throws: `forbidden`.
  func requireKnownPage(behind request: Request) throws {
    guard let origin = request.headers[.origin], !allows(origin) else { return }
    throw ServiceError(.forbidden, "Pages of this origin may not call MCP servers here.")
  }
}
