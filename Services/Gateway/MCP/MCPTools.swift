import MCP
import Model
import ServiceKit

/// Lists and calls tools. Both ask the same judgement, so nothing that is hidden can be called by name.
struct MCPTools: Sendable {
  let access: MCPAccessBroker
  let catalogue: MCPCatalogue
  let upkeep: MCPCatalogueUpkeep
  let credentials: MCPCredentials
  let upstream: MCPUpstream
  let consent: MCPConsent
  private let headers = MCPHeaderParameters()

  init(
    access: MCPAccessBroker, catalogue: MCPCatalogue, upkeep: MCPCatalogueUpkeep, credentials: MCPCredentials,
    upstream: MCPUpstream, consent: MCPConsent
  ) {
    self.access = access
    self.catalogue = catalogue
    self.upkeep = upkeep
    self.credentials = credentials
    self.upstream = upstream
    self.consent = consent
  }

  // MARK: Listing

  /// What the caller may use, from the stored catalogue: also before an account is connected.
  func list(_ call: MCPCall) async throws -> ToolPage {
    // There is one page, so no cursor was ever given out.
    guard call.message.cursor == nil else { throw RPCError.unknown("The cursor is not known.") }
    switch call.endpoint {
    case .server(let id):
      let server = try await known(try await access.server(id, for: call.identity), call)
      return ToolPage(tools: Self.definitions(of: server, for: call.client).map(\.definition))
    case .all:
      var joined: [ToolDefinition] = []
      for found in try await access.servers(for: call.identity) {
        let server = try await reachable(found, call)
        for (name, definition) in Self.definitions(of: server, for: call.client) {
          guard let joinedName = ServerPrefix.join(server.slug, name) else { continue }
          if let named = try? ToolDefinition(definition.named(joinedName)) { joined.append(named) }
        }
      }
      return ToolPage(tools: joined)
    }
  }

  /// A server among others: one that cannot be reached for its list has no tools, and spoils nobody else's.
  private func reachable(_ found: MCPServerAccess, _ call: MCPCall) async throws -> MCPServerAccess {
    let server = try await access.server(found.id, for: call.identity)
    do {
      return try await known(server, call)
    } catch let error as ServiceError where error.code == .providerUnavailable {
      return server
    }
  }

  private static func definitions(
    of server: MCPServerAccess, for client: MCPClient
  ) -> [(name: String, definition: ToolDefinition)] {
    guard server.decision.effect == .allow else { return [] }
    return server.catalogue.compactMap { tool in
      guard server.tools.allows(tool.name, definitionHash: tool.definitionHash), let text = tool.definition,
        let json = try? JSONText(validating: Array(text.utf8)), let definition = try? ToolDefinition(json)
      else { return nil }
      // A tool whose schema asks for headers that cannot be is no tool for a modern client (revision 2026-07-28, tools).
      if client.era == .modern, (try? definition.headerParameters()) == nil { return nil }
      return (tool.name, definition)
    }
  }

  /// The server with its catalogue. One that was never fetched is fetched now, where the caller's own account allows it.
  private func known(_ server: MCPServerAccess, _ call: MCPCall) async throws -> MCPServerAccess {
    upkeep.used(server, by: call.identity)
    guard !server.hasCatalogue, server.decision.effect == .allow else { return server }
    guard case .credential(let credential) = try await credentials.credential(for: server, call.identity),
      try await catalogue.fetchFirst(server, with: credential, for: call.identity)
    else { return server }
    return try await access.server(server.id, for: call.identity, isFresh: true)
  }

  // MARK: Calling

  /// - Parameter mayAwaitConsent: whether a consent that the person is giving is waited for; at most once in a call.
  func call(_ call: MCPCall, mayAwaitConsent: Bool = true) async throws -> MCPAnswer {
    guard let asked = call.message.name else {
      throw RPCError(.invalidParams, "The member params.name is missing.")
    }
    let (found, name) = try await target(asked, call)
    call.record?.note(tool: name, at: found.id)
    let server = try await known(found, call)
    if let refusal = refusal(of: name, at: server) { return Self.refused(refusal, call) }
    let parameters = try parameters(of: name, asked, at: server, call)
    if let resumed = upstream.parked.resume(call, at: server, name) { return resumed }
    switch try await credentials.credential(for: server, call.identity) {
    case .credential(let credential):
      // Right before the call: the answer counts it.
      if let refusal = try await refusal(of: name, at: server, call) { return Self.refused(refusal, call) }
      call.record?.note(connection: credential.connection?.id)
      let request = MCPUpstreamCall(
        call: call, server: server, tool: name, parameters: parameters, mayAwaitConsent: mayAwaitConsent)
      return upstream.answer(request, with: credential, credentials, consent)
    case .consent(let connection):
      call.record?.note(.refused, because: CallEnd.consentRequired)
      let wish = MCPConsent.Wish(again: connection)
      switch try await consent.answer(call, server, wish, mayAwait: mayAwaitConsent) {
      case .answer(let bytes): return .message(bytes)
      case .connected:
        call.record?.note(.succeeded)
        return try await self.call(call, mayAwaitConsent: false)
      }
    case .selectAccount: return Self.noCredential(MCPCredentials.severalAccounts, call)
    case .refused(let reason): return Self.noCredential(reason, call)
    }
  }

  private static func noCredential(_ reason: String, _ call: MCPCall) -> MCPAnswer {
    call.record?.note(.refused, because: CallEnd.noCredential)
    return call.answer(ToolResult.failure(reason, in: call.client.era))
  }

  private func target(_ asked: String, _ call: MCPCall) async throws -> (MCPServerAccess, String) {
    switch call.endpoint {
    case .server(let id): return (try await access.server(id, for: call.identity), asked)
    case .all:
      guard let (slug, name) = ServerPrefix.split(asked),
        let server = try await access.servers(for: call.identity).first(where: { $0.slug == slug })
      else { throw Self.unknown(asked) }
      return (try await access.server(server.id, for: call.identity), name)
    }
  }

  /// What the client is told: the reason, and the rule by its name.
  private static func refused(_ refusal: Decision, _ call: MCPCall) -> MCPAnswer {
    call.record?.note(.refused, because: refusal.decidingRule)
    let text = "\(refusal.reasons.joined(separator: " ")) (rule: \(refusal.decidingRule))"
    let meta = LanyardMeta.refusal(by: refusal.decidingRule)
    return call.answer(ToolResult.failure(text, meta: meta, in: call.client.era))
  }

  /// Asks the rules about this call, where what they say depends on it. Without an answer there is no call.
  private func refusal(of name: String, at server: MCPServerAccess, _ call: MCPCall) async throws -> Decision? {
    guard server.tools.needsDecision(name) else { return nil }
    let arguments: JSONValue?
    do {
      arguments = try call.message.arguments?.decoded()
    } catch {
      throw RPCError(.invalidParams, "The member params.arguments \(error.reason.rawValue).")
    }
    let decision = try await access.decide(name, of: server.id, arguments: arguments, for: call.identity)
    return decision.effect == .deny ? decision : nil
  }

  /// The refusal of a tool; nil where it may be called.
  private func refusal(of name: String, at server: MCPServerAccess) -> Decision? {
    let hash = server.catalogue.first { $0.name == name }?.definitionHash
    let decision = server.decision.effect == .deny ? server.decision : server.tools.judge(name, definitionHash: hash)
    return decision.effect == .deny ? decision : nil
  }

  /// What the tool's schema wants repeated in headers, held against those of the request. What is not listed is not called: that includes
  /// tools that are gone, and for modern clients those whose schema asks for headers that cannot be.
  private func parameters(
    of name: String, _ asked: String, at server: MCPServerAccess, _ call: MCPCall
  ) throws -> [HeaderParameter] {
    guard server.hasCatalogue else { return [] }
    guard let tool = server.catalogue.first(where: { $0.name == name }) else { throw Self.unknown(asked) }
    let parameters: [HeaderParameter]
    switch headers.reading(of: tool) {
    case .parameters(let found): parameters = found
    case .impossible where call.client.era == .legacy: parameters = []
    case .impossible, .unreadable: throw Self.unknown(asked)
    }
    guard call.client.era == .modern else { return parameters }
    do {
      try MirroredHeaders.check(call.message, parameters: parameters, values: call.header)
    } catch {
      throw RPCError.headerMismatch(error)
    }
    return parameters
  }

  private static func unknown(_ name: String) -> RPCError {
    RPCError.unknown("There is no tool \(name.prefix(128)) here.")
  }
}

/// Names of tools where several servers are joined: the server's slug, two underscores, the server's own name. A slug has no underscore, so the
/// first two part them.
enum ServerPrefix {
  private static let separator = "__"

  /// Nil where the name would be longer than clients take.
  static func join(_ slug: String, _ name: String) -> String? {
    let joined = slug + separator + name
    return joined.utf8.count <= ToolName.maximumBytes ? joined : nil
  }

  static func split(_ joined: String) -> (slug: String, name: String)? {
    guard let range = joined.firstRange(of: separator) else { return nil }
    let (slug, name) = (String(joined[..<range.lowerBound]), String(joined[range.upperBound...]))
    return slug.isEmpty || name.isEmpty ? nil : (slug, name)
  }
}
