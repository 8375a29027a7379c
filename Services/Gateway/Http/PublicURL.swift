import Foundation
import Model

/// The gateway's address as browsers see it. Everything that leaves with a link in it is built here.
struct PublicURL: Sendable {
  /// Scheme, host and port, without a trailing slash.
  let origin: String
  let isSecure: Bool

  /// Takes an `https` origin, or an `http` one on a loopback host for development. Returns nil otherwise.
  init?(_ text: String) {
    guard let components = URLComponents(string: text), let scheme = components.scheme?.lowercased(),
      let host = components.host?.lowercased(), !host.isEmpty, components.user == nil, components.query == nil,
      components.fragment == nil, components.path.isEmpty || components.path == "/"
    else { return nil }
    let isLoopback = ["localhost", "127.0.0.1", "[::1]", "::1"].contains(host)
    guard scheme == "https" || (scheme == "http" && isLoopback) else { return nil }
    isSecure = scheme == "https"
    let port = components.port.map { ":\($0)" } ?? ""
    origin = "\(scheme)://\(host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host)\(port)"
  }

  func connectPage(_ flowId: FlowID) -> String { "\(origin)/connect/\(flowId.rawValue)" }
}
