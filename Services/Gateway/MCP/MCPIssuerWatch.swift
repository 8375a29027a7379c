import Foundation
import Logging
import Model
import ServiceKit
import Synchronization

/// Looks again at a server that refuses a token, in case it names another authorization server than the one that was found.
///
/// Tokens of the one must not be sent to a server that says it belongs to the other, and nobody is sent to the other before an owner
/// has agreed.
struct MCPIssuerWatch: Sendable {
  /// Between two looks at one server, for each replica: a look takes a few requests to strangers, and a refused token is no news.
  private static let pause = Duration.seconds(60)
  /// Servers whose last look is remembered; beyond it all are looked at again.
  private static let maximumCount = 10_000

  let peers: PeerClients
  let logger: Logger
  private let looks = Looks()

  private final class Looks: Sendable {
    let times = Mutex<[MCPServerID: ContinuousClock.Instant]>([:])
  }

  init(peers: PeerClients, logger: Logger) {
    self.peers = peers
    self.logger = logger
  }

  /// The sentence for the caller, where the server has changed hands.
  static let sentence =
    "The MCP server names another authorization server than the one that was set up. "
    + "Nothing is sent to it until an owner or admin has looked."

  /// Whether the server names another issuer than the stored one; then it is out of use for everyone already. A look that fails says
  /// nothing.
  func hasMoved(_ server: MCPServerAccess, for identity: CallerIdentity) async -> Bool {
    guard let issuer = server.issuer, mayLook(at: server.id) else { return false }
    do {
      let found = try await peers.call(MCPDiscoveryEndpoints.discover, DiscoverMCPServer(url: server.url))
      guard let named = found.issuer, named != issuer else { return false }
      let report = Targeted<MCPServerKind, ReportIssuer>(server.id, ReportIssuer(issuer: named))
      return try await !peers.call(MCPDiscoveryEndpoints.report, identity.asking(report)).isKnown
    } catch {
      logger.warning("an MCP server's issuer could not be looked at", metadata: ["errorType": "\(type(of: error))"])
      return false
    }
  }

  private func mayLook(at server: MCPServerID) -> Bool {
    looks.times.withLock { times in
      let now = ContinuousClock.now
      if let last = times[server], now - last < Self.pause { return false }
      if times.count >= Self.maximumCount { times = [:] }
      times[server] = now
      return true
    }
  }
}
