import Foundation
import Model
import ServiceKit
import SingleFlight

/// Asks the policy service which MCP servers a caller may use with which tools, and keeps the answer until it ends or the change feed
/// withdraws it.
struct MCPAccessBroker: Sendable {
  /// Seconds before its end at which a grant is no longer used: it must live through the call that it is for.
  private static let reserveSeconds = 20.0

  struct Question: Hashable, Sendable {
    var credential: CredentialDigest
    var request: MCPAccessRequest
  }

  let peers: PeerClients
  let cache: FeedBoundCache<Question, MCPAccess>
  private let questions = SingleFlight<AskedQuestion<Question>, MCPAccess>()

  init(peers: PeerClients, cache: FeedBoundCache<Question, MCPAccess>) {
    self.peers = peers
    self.cache = cache
  }

  /// One server.
  ///
  /// - Parameter isFresh: asks again although an answer is kept.
  /// - Throws: `not_found`; `application_blocked`.
  func server(_ id: MCPServerID, for identity: CallerIdentity, isFresh: Bool = false) async throws -> MCPServerAccess {
    let request = MCPAccessRequest(mcpServerId: id, application: identity.application?.description)
    let access = try await access(request, for: identity, isFresh: isFresh)
    guard let server = access.servers.first else {
      throw ServiceError(.notFound, "The organization has no such MCP server.")
    }
    return server
  }

  /// Every server that the caller may use; their tools' definitions are left out.
  func servers(for identity: CallerIdentity) async throws -> [MCPServerAccess] {
    let request = MCPAccessRequest(application: identity.application?.description)
    return try await access(request, for: identity, isFresh: false).servers
  }

  /// Whether one call may be made, where that depends on the call. Nothing is kept: the answer is for this call.
  func decide(
    _ tool: String, of server: MCPServerID, arguments: JSONValue?, for identity: CallerIdentity
  ) async throws -> Decision {
    let question = ToolQuestion(
      mcpServerId: server, tool: tool, arguments: arguments, application: identity.application?.description)
    return try await peers.call(MCPAccessEndpoints.decideTool, identity.asking(question))
  }

  private func access(
    _ request: MCPAccessRequest, for identity: CallerIdentity, isFresh: Bool
  ) async throws -> MCPAccess {
    let question = Question(credential: identity.credential, request: request)
    if !isFresh, let known = cache.value(for: question) { return known }
    let epoch = cache.epoch
    return try await questions.run(AskedQuestion(question: question, epoch: epoch)) {
      let access = try await peers.call(MCPAccessEndpoints.authorize, identity.asking(request))
      cache.keep(
        access, for: question, organizationId: identity.caller.organizationId,
        until: access.expiresAt.addingTimeInterval(-Self.reserveSeconds), askedIn: epoch)
      return access
    }
  }
}
