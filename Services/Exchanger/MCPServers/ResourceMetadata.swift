import Foundation
import Providers

/// What an MCP server says about itself as a protected resource (RFC 9728 section 2). Unknown members are ignored.
struct ResourceMetadata: Decodable, Sendable {
  var resource: String
  var authorizationServers: [String]?
  var scopesSupported: [String]?

  enum CodingKeys: String, CodingKey {
    case resource
    case authorizationServers = "authorization_servers"
    case scopesSupported = "scopes_supported"
  }

  /// Where to look without a hint: the well-known name before the server's path, then at the root (RFC 9728 section 3.1).
  static func locations(of server: ProviderURL) -> [String] {
    let base = "\(server.scheme)://\(server.authority)/.well-known/oauth-protected-resource"
    let path = server.path.hasSuffix("/") ? String(server.path.dropLast()) : server.path
    return path.isEmpty ? [base] : [base + path, base]
  }

  /// Whether the metadata speaks of this server: the same origin, and the server's path is the resource's or lies below it.
  ///
  /// Else whoever controls one server could have its clients fetch tokens for another one (RFC 9728 section 3.3).
  func covers(_ server: ProviderURL) -> Bool {
    guard let resource = ProviderURL(resource), resource.scheme == server.scheme,
      resource.authority == server.authority, resource.query == nil || resource.query == server.query
    else { return false }
    let (above, path) = (Self.trimmed(resource.path), Self.trimmed(server.path))
    return above == path || path.hasPrefix(above + "/")
  }

  private static func trimmed(_ path: String) -> Substring { path.hasSuffix("/") ? path.dropLast() : path[...] }
}
