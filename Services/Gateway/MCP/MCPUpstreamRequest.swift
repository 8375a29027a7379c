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
      revision: revision, capabilities: Self.capabilities(of: call), client: MCPEras.client)
    // The same request with answers is another request.
    let serverId = request.filled == nil ? clientId : MessageIdentifier(RandomText.base64URL(bytes: 16))
    bytes = call.message.modernRequest(envelope) { edits in
      edits.set("id", serverId.text)
      edits.set("name", JSONText(request.tool), in: .params)
      Self.setProgressToken(call, serverId: serverId, &edits)
      if let filled = request.filled {
        edits.set("inputResponses", filled.responses, in: .params)
        if let state = filled.state { edits.set("requestState", JSONText(state), in: .params) }
      }
      // What answers our own question is not for the server.
      guard MCPConsent.isAnswered(by: call.message) else { return }
      for name in Self.answerMembers { edits.remove(name, in: .params) }
    }
    headers = try MirroredHeaders.headers(for: MCPMessage(bytes), parameters: request.parameters)
    translation = MCPTranslation(
      call, clientId, serverId: serverId, serverEra: .modern, serverName: request.server.name)
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

  /// How the person can be asked is passed on; everything else that a client says about itself is its own business.
  private static func capabilities(of call: MCPCall) -> ClientCapabilities {
    guard call.client.era == .legacy else { return ClientCapabilities(elicitation: call.client.elicitation) }
    var modes: Set<ElicitationMode> = []
    if call.client.opensURLs { modes.insert(.url) }
    if call.showsForms { modes.insert(.form) }
    return ClientCapabilities(elicitation: modes)
  }

  private static func setProgressToken(_ call: MCPCall, serverId: MessageIdentifier, _ edits: inout MessageEdits) {
    guard call.message.progressToken != nil else { return }
    edits.set(MetaName.progressToken, MCPTranslation.progressToken(for: serverId), in: .requestMeta)
  }
}
