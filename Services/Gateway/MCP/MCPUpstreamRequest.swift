import MCP
import Model
import ServiceKit

/// A tool call as one server takes it, with the way back for its answer.
struct MCPUpstreamRequest: Sendable {
  let bytes: [UInt8]
  let headers: [(name: String, value: String)]
  let translation: MCPTranslation
  /// Of a legacy server.
  let session: MCPEras.Session?

  init(_ request: MCPUpstreamCall, _ speech: MCPEras.Speech) throws {
    guard let clientId = request.call.id else { throw RPCError(.invalidRequest, "A tool call has an id.") }
    switch speech {
    case .modern(let revision): try self.init(request, clientId, revision)
    case .legacy(let session): self.init(request, clientId, session)
    }
  }

  private init(_ request: MCPUpstreamCall, _ clientId: MessageIdentifier, _ revision: ProtocolRevision) throws {
    let call = request.call
    let envelope = ModernEnvelope(
      revision: revision, capabilities: Self.capabilities(of: call.client), client: MCPEras.client)
    bytes = call.message.modernRequest(envelope) { edits in
      edits.set("name", JSONText(request.tool), in: .params)
      Self.setProgressToken(call, serverId: clientId, &edits)
      // What answers our own question is not for the server.
      guard MCPConsent.isAnswered(by: call.message) else { return }
      for name in Self.answerMembers { edits.remove(name, in: .params) }
    }
    headers = try MirroredHeaders.headers(for: MCPMessage(bytes), parameters: request.parameters)
    translation = MCPTranslation(
      call, clientId, serverId: clientId, serverEra: .modern, serverName: request.server.name)
    session = nil
  }

  private init(_ request: MCPUpstreamCall, _ clientId: MessageIdentifier, _ session: MCPEras.Session) {
    let call = request.call
    // Several calls of several clients share the session: each needs an id of its own.
    let serverId = MessageIdentifier(RandomText.base64URL(bytes: 16))
    bytes = call.message.legacyRequest { edits in
      edits.set("id", serverId.text)
      edits.set("name", JSONText(request.tool), in: .params)
      Self.setProgressToken(call, serverId: serverId, &edits)
      for name in Self.answerMembers { edits.remove(name, in: .params) }
    }
    headers = session.headers
    translation = MCPTranslation(
      call, clientId, serverId: serverId, serverEra: .legacy, serverName: request.server.name)
    self.session = session
  }

  /// The members by which a modern client answers what it was asked.
  private static let answerMembers = ["inputResponses", "requestState"]

  /// How the person can be asked is passed on; everything else that a client says about itself is its own business. A legacy client can be
  /// sent to an address, but not come back with a form.
  private static func capabilities(of client: MCPClient) -> ClientCapabilities {
    switch client.era {
    case .modern: ClientCapabilities(elicitation: client.elicitation)
    case .legacy: ClientCapabilities(elicitation: client.opensURLs ? [.url] : [])
    }
  }

  private static func setProgressToken(_ call: MCPCall, serverId: MessageIdentifier, _ edits: inout MessageEdits) {
    guard call.message.progressToken != nil else { return }
    edits.set(MetaName.progressToken, MCPTranslation.progressToken(for: serverId), in: .requestMeta)
  }
}
