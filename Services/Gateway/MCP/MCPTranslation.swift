import MCP
import Model

/// Makes a server's answer one that the client understands: its own id, and the form of its era.
struct MCPTranslation: Sendable {
  let client: MCPClient
  /// Whether the client's person can be asked while the call is under way.
  let showsForms: Bool
  /// What the client called it.
  let clientId: MessageIdentifier
  /// What we called it towards the server.
  let serverId: MessageIdentifier
  let serverEra: Era
  let serverName: String
  /// Under which token the client wants to hear of progress; nil if it does not.
  let progressToken: MessageIdentifier?
  /// Whether the client wants the server's log.
  let wantsLog: Bool

  init(
    _ call: MCPCall, _ clientId: MessageIdentifier, serverId: MessageIdentifier, serverEra: Era, serverName: String
  ) {
    client = call.client
    showsForms = call.showsForms
    self.clientId = clientId
    self.serverId = serverId
    self.serverEra = serverEra
    self.serverName = serverName
    progressToken = call.message.progressToken
    wantsLog = call.wantsLog
  }

  /// The same answer for a client that had to send its request again.
  func continued(by call: MCPCall, _ clientId: MessageIdentifier) -> MCPTranslation {
    MCPTranslation(call, clientId, serverId: serverId, serverEra: serverEra, serverName: serverName)
  }

  /// Whether a message is one that clients may hear of. What else a server might tell or ask is answered by us.
  static func passes(_ message: MCPMessage) -> Bool {
    message.method == "notifications/progress" || message.method == "notifications/message"
  }

  /// What a modern server's answer asks a legacy client's person to fill in, where that can be asked in the middle of a call.
  func formsAsked(_ message: MCPMessage) -> MCPUpstreamOutcome.Forms? {
    guard client.era == .legacy, showsForms, message.id == serverId, let required = InputRequired(message),
      let forms = required.forms
    else { return nil }
    return MCPUpstreamOutcome.Forms(forms: forms, state: required.state)
  }

  /// A message of the server, as it goes on; nil for one that does not concern the client.
  func translate(_ message: MCPMessage) -> [UInt8]? {
    switch message.kind {
    case .notification(let method):
      // What else a server might tell (lists that changed) is told by us, from the stored catalogue.
      switch method {
      case "notifications/progress": return progress(message)
      case "notifications/message": return wantsLog ? message.bytes : nil
      default: return nil
      }
    case .request: return nil
    case .response(let id), .errorResponse(let id?):
      guard id == serverId else { return nil }
      return response(message)
    case .errorResponse(nil): return response(message)
    }
  }

  /// The changes in an answer, which can be made before it was read as a whole.
  var edits: MessageEdits {
    var edits = MessageEdits()
    edits.set("id", clientId.text)
    LanyardMeta.removeForged(from: &edits)
    switch (client.era, serverEra) {
    case (.modern, .legacy): edits.modernize(to: "tools/call", caching: .never)
    case (.legacy, .modern): edits.makeLegacyResult()
    case (.modern, .modern), (.legacy, .legacy): break
    }
    return edits
  }

  /// What the server was given as the token for progress: the request's id towards it, which no other request has.
  static func progressToken(for serverId: MessageIdentifier) -> JSONText { serverId.text }

  private func progress(_ message: MCPMessage) -> [UInt8]? {
    guard let progressToken, let token = message.text("progressToken", in: .params),
      MessageIdentifier(token) == MessageIdentifier(Self.progressToken(for: serverId))
    else { return nil }
    return message.edited { $0.set("progressToken", progressToken.text, in: .params) }
  }

  private func response(_ message: MCPMessage) -> [UInt8] {
    let urls =
      message.errorCode == RPCErrorCode.urlElicitationRequired.rawValue
      ? URLElicitation.all(inErrorOf: message) : []
    if !urls.isEmpty { return asked(urls, message) }
    if client.era == .legacy, let required = InputRequired(message) { return asked(required.urls, message) }
    return message.edited(edits)
  }

  /// The server wants the person to open an address: said in the client's own way.
  private func asked(_ urls: [URLElicitation], _ message: MCPMessage) -> [UInt8] {
    let text = urls.first?.message ?? "\(serverName) asks for something that this client cannot show."
    guard client.opensURLs, !urls.isEmpty else {
      let result = ToolResult.failure(text, link: urls.first?.url, in: client.era)
      return OutgoingMessage.response(to: clientId, result)
    }
    guard client.era == .modern else {
      return RPCError.urlElicitation(text, urls).response(to: clientId, era: .legacy)
    }
    let requests = urls.enumerated().map { ("url\($0.offset + 1)", InputRequest.url($0.element)) }
    return OutgoingMessage.response(to: clientId, InputRequired(requests: requests).result)
  }
}
