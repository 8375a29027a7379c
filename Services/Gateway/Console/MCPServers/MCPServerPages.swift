import Hummingbird
import Model
import ServiceKit

/// The owner's pages about MCP servers: add one by its address, look at its tools, approve or block them, end it.
struct MCPServerPages: Sendable {
  /// Integrations that a new server's form offers.
  private static let integrationsOffered = PageRequest.maximumLimit
  /// Tools of one server that are shown at once.
  private static let toolsShown = 100
  /// The tools are behind an account that the person has to connect first.
  private static let wantsAccount: Set<ErrorCode> = [.connectionNotFound, .reauthorizationRequired]
  /// What the form's token of a new one is made for.
  private static let newForm = "mcp-server-new"

  let peers: PeerClients
  let setup: MCPServerSetup
  let tools: MCPToolRefresh
  let connecting: MCPConnecting
  let resources: MCPResources
  let gate: ConsoleGate
  let forms: ConsoleForms

  private var pages: PageRenderer { forms.responder.pages }

  func add(to router: ServiceRouter) {
    let page = forms.responder.page
    router.get("/console/mcp-servers", use: page(list))
    router.post("/console/mcp-servers", use: page(create))
    router.get("/console/mcp-servers/new", use: page(new))
    router.get("/console/mcp-servers/{id}", use: page(show))
    router.post("/console/mcp-servers/{id}/tools/refresh", use: page(refresh))
    router.post("/console/mcp-servers/{id}/tools/approve", use: page(approve))
    router.post("/console/mcp-servers/{id}/tools/block", use: page(block))
    router.post("/console/mcp-servers/{id}/status", use: page(changeStatus))
    router.get("/console/mcp-servers/{id}/delete", use: page(askToDelete))
    router.post("/console/mcp-servers/{id}/delete", use: page(delete))
  }

  @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .mcpServers)
    let page = try await peers.call(MCPServerEndpoints.list, person.asking(PageRequest(cursor: request.cursor)))
    let html = try pages.mcpServers(MCPServersPage(page, of: person.caller))
    return forms.responder.html(html, headers: forms.responder.headers.form)
  }

  @Sendable private func new(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .newMCPServer)
    return try await form(MCPServerForm(), request, for: person)
  }

  @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .newMCPServer)
    return try await forms.submit(request, context, Self.newForm) { fields in
      .mcpServer(try await setup.create(MCPServerForm(fields).request(), for: person).id)
    } refused: { fields, refusal in
      try await form(MCPServerForm(fields), request, for: person, refusal)
    }
  }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try MCPServerID(of: context)
    let person = try await gate.administrator(request, returningTo: .mcpServer(id))
    return try await page(id, request, for: person)
  }

  @Sendable private func refresh(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try await change(request, context) { id, _, person in
      do {
        _ = try await tools.refresh(id, for: person)
        return nil
      } catch let error as ServiceError where Self.wantsAccount.contains(error.code) {
        return try await connect(id, for: person)
      }
    }
  }

  @Sendable private func approve(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try await change(request, context) { id, fields, person in
      let tool = Targeted(id, try Self.tool(fields))
      _ = try await peers.call(MCPServerEndpoints.approveTool, person.asking(tool))
      return nil
    }
  }

  @Sendable private func block(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try await change(request, context) { id, fields, person in
      let tool = Targeted(id, try Self.tool(fields))
      _ = try await peers.call(MCPServerEndpoints.blockTool, person.asking(tool))
      return nil
    }
  }

  @Sendable private func changeStatus(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try await change(request, context) { id, fields, person in
      let update = UpdateMCPServer(status: fields["enabled"] == "true" ? .enabled : .disabled)
      _ = try await peers.call(MCPServerEndpoints.update, person.asking(Targeted(id, update)))
      return nil
    }
  }

  @Sendable private func askToDelete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try MCPServerID(of: context)
    let person = try await gate.administrator(request, returningTo: .mcpServer(id))
    let server = try await peers.call(MCPServerEndpoints.show, person.asking(Reference(id: id)))
    let impact = try await peers.call(
      ImpactEndpoints.show, person.asking(ProposedChange.deleteMCPServer(Reference(id: id))))
    return try forms.page(request, Self.form(id)) {
      try pages.removal(RemovalPage(server.name, at: .mcpServer(id), impact, csrfToken: $0))
    }
  }

  @Sendable private func delete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try await change(request, context) { id, _, person in
      _ = try await peers.call(MCPServerEndpoints.delete, person.asking(Reference(id: id)))
      return .mcpServers
    }
  }

  /// To the page on which the person connects their account; nil where there is nothing to connect.
  private func connect(_ id: MCPServerID, for person: CallerIdentity) async throws -> LocalPath? {
    let server = try await tools.access.allowed(id, for: person)
    return try await connecting.connect(server, for: person).flow.map { .connectPage($0.id) }
  }

  /// Changes one of them; what is refused is said on its page.
  private func change(
    _ request: Request, _ context: AppRequestContext,
    _ perform: (MCPServerID, FormFields, CallerIdentity) async throws -> LocalPath?
  ) async throws -> Response {
    let id = try MCPServerID(of: context)
    let person = try await gate.administrator(request, returningTo: .mcpServer(id))
    return try await forms.submit(request, context, Self.form(id)) {
      try await perform(id, $0, person) ?? .mcpServer(id).at(request.cursor)
    } refused: { _, refusal in
      try await page(id, request, for: person, refusal)
    }
  }

  private func form(
    _ form: MCPServerForm, _ request: Request, for person: CallerIdentity, _ refusal: ConsoleForms.Refusal? = nil
  ) async throws -> Response {
    let integrations = try await peers.call(
      IntegrationEndpoints.list, person.asking(PageRequest(limit: Self.integrationsOffered)))
    return try forms.page(request, Self.newForm, status: refusal?.status ?? .ok) {
      try pages.mcpServerForm(
        NewMCPServerPage(form, integrations.items, problem: refusal?.message, csrfToken: $0))
    }
  }

  private func page(
    _ id: MCPServerID, _ request: Request, for person: CallerIdentity, _ refusal: ConsoleForms.Refusal? = nil
  ) async throws -> Response {
    let server = try await peers.call(MCPServerEndpoints.show, person.asking(Reference(id: id)))
    let tools = try await peers.call(
      MCPServerEndpoints.tools,
      person.asking(Targeted(id, PageRequest(limit: Self.toolsShown, cursor: request.cursor))))
    return try forms.page(request, Self.form(id), status: refusal?.status ?? .ok) {
      try pages.mcpServer(
        MCPServerPage(
          server, tools, at: request.cursor, endpoint: resources.address(of: ClientTokenTarget(mcpServerId: id)),
          problem: refusal?.message, csrfToken: $0))
    }
  }

  /// The tool that a form is about, as it was when the page was shown: another definition by now is a conflict.
  private static func tool(_ fields: FormFields) throws -> ToolReference {
    guard let name = fields["tool"], let hash = fields.filled("definitionHash") else {
      throw ServiceError(.invalidRequest, "The form names no tool.")
    }
    return ToolReference(name: name, definitionHash: hash)
  }

  /// What the token of its forms is made for: this one and no other.
  private static func form(_ id: MCPServerID) -> String { "mcp-server|\(id.rawValue)" }
}
