import Hummingbird
import MCP
import Model
import ServiceKit

/// `POST /mcp/proxy`: the way to MCP servers that an Application names itself and a browser cannot reach. For development;
/// no ceiling of the organization holds there, so it is off unless the operator turns it on.
struct MCPProxyRoutes: Sendable {
  /// `LANYARD_MCP_EXPLICIT_SERVERS`.
  enum Switch: String, CaseIterable, Sendable { case disabled, enabled }

  /// All that a bridge sends. This is no way to send anything to anybody.
  private static let methods: Set<String> = [
    "server/discover", "initialize", "notifications/initialized", "tools/list", "tools/call",
  ]

  let authenticator: CallerAuthenticator
  let origins: HostOrigins
  let access: MCPAccessBroker
  let proxy: MCPProxy
  let audit: CallAudit
  let position: Switch
  let calls: RateLimiter<UserID>

  func add(to router: ServiceRouter) { router.post("/mcp/proxy", use: answer) }

  @Sendable private func answer(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try origins.requireKnownPage(behind: request)
    var identity = try await authenticator.identify(request, context)
    guard position == .enabled else {
      throw ServiceError(
        .policyDenied, "This installation carries no calls to MCP servers that apps name themselves.")
    }
    identity.application = try ActingApplication(request.headers)
    try await admit(identity)
    let target = try ProxiedTarget(request)
    let message = try Self.message(try await request.collectBody(context))
    let record = try record(message, to: target, identity, context)
    let stream = proxy.answer(message, to: target, for: identity.caller.organizationId, record)
    return Response(
      status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: MCPStreamWriter(stream, request).body)
  }

  /// Members only, for an Application that the organization has not blocked.
  private func admit(_ identity: CallerIdentity) async throws {
    guard let user = identity.caller.user else {
      throw ServiceError(.forbidden, "An API key acts for no Application; use a session of a user.")
    }
    guard identity.caller.charmId == nil else {
      throw ServiceError(.policyDenied, "A Charm uses the MCP servers that it was given and no other.")
    }
    guard identity.application != nil else {
      throw ServiceError(.invalidRequest, "The header \(ActingApplication.header) is missing.")
    }
    try calls.take(user.id)
    // The policy service refuses an Application that is blocked, and writes down that this one was here.
    _ = try await access.servers(for: identity)
  }

  /// Begins the record of a tool call: who, for which Application, at which host, which tool. Never its arguments.
  private func record(
    _ message: MCPMessage, to target: ProxiedTarget, _ identity: CallerIdentity, _ context: AppRequestContext
  ) throws -> CallRecord? {
    guard message.method == "tools/call" else { return nil }
    let record = try audit.begin(identity, requestId: context.requestId)
    record.note(tool: message.name ?? "")
    if let host = target.host { record.note(host: host) }
    return record
  }

  private static func message(_ body: some Sequence<UInt8>) throws -> MCPMessage {
    guard let message = try? MCPMessage(body) else {
      throw ServiceError(.invalidRequest, "The body is not one message of the Model Context Protocol.")
    }
    guard let method = message.method, methods.contains(method) else {
      throw ServiceError(.invalidRequest, "The method must be one of: \(methods.sorted().joined(separator: ", ")).")
    }
    return message
  }
}
