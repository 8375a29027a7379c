import Synchronization

/// What the practice provider and its MCP server say about themselves to who comes with nothing but an address. Servers in the field
/// differ in all of it.
struct DiscoveryPolicy: Codable, Sendable, Equatable {
  /// Takes the address of a document as a public client's id, and says so.
  var clientIdMetadata = true
  /// Registers clients by themselves (RFC 7591), and says so.
  var registration = true
  /// Names itself in authorization responses (RFC 9207), and says so.
  var sendsIssuer = true
  /// Offers PKCE with S256, as every request here needs; without it only the metadata is silent.
  var offersProofKeys = true
  /// The refusals of the MCP server say where its metadata is.
  var challengeNamesMetadata = true
  /// The refusals of the MCP server name the scope that is needed.
  var challengeNamesScope = true
  /// Another resource than the MCP server; absent = its own.
  var resource: String?
  /// Other authorization servers than the provider; absent = its own.
  var authorizationServers: [String]?

  static let standard = DiscoveryPolicy()

  /// Authorization servers of one document.
  private static let maximumServers = 8

  var problems: [String] {
    (authorizationServers?.count ?? 0) > Self.maximumServers
      ? ["authorizationServers must have at most \(Self.maximumServers) entries"] : []
  }
}

/// The policy in force.
final class LiveDiscovery: Sendable {
  private let policy = Mutex(DiscoveryPolicy.standard)

  var current: DiscoveryPolicy { policy.withLock { $0 } }

  func set(_ wanted: DiscoveryPolicy) throws(OAuthError) {
    guard wanted.problems.isEmpty else {
      throw OAuthError(.invalidRequest, wanted.problems.joined(separator: "; "))
    }
    policy.withLock { $0 = wanted }
  }

  func reset() { policy.withLock { $0 = .standard } }
}
