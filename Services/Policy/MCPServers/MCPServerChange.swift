import Model

/// A change of an MCP server, checked.
struct MCPServerChange: Sendable {
  let request: UpdateMCPServer
  let auth: MCPServerAuth?
  let token: WireSecret?
  private let allowedTools: [String]?

  /// - Throws: `invalid_request` that names what is wrong.
  init(_ request: UpdateMCPServer, rules: MCPServerRules) throws {
    if let name = request.name { try rules.check(name: name) }
    if request.description?.isEmpty != true { try rules.check(description: request.description) }
    if case .set(let names) = request.allowedTools {
      allowedTools = try MCPServerRules.tools(names)
    } else {
      allowedTools = nil
    }
    auth = try request.auth.map(rules.auth)
    token = try request.auth?.token.map(MCPServerRules.token)
    self.request = request
  }

  func apply(to record: inout MCPServerRecord) {
    if let name = request.name { record.name = name }
    if let auth {
      // An Integration that the owner names is theirs to answer for: what was found about another one is forgotten.
      if auth.integrationId != record.auth.integrationId { (record.discovered, record.configError) = (nil, nil) }
      record.auth = auth
    }
    if request.allowedTools != .unchanged { record.allowedTools = allowedTools }
    if let description = request.description { record.description = description.isEmpty ? nil : description }
    if let status = request.status { record.status = status }
    if let pinning = request.pinning { record.pinning = pinning }
  }

  /// For the audit row: which parts, and whether the token was replaced.
  var details: [String: String] {
    var parts: [String] = []
    if request.name != nil { parts.append("name") }
    if auth != nil { parts.append("auth") }
    if token != nil { parts.append("token") }
    if request.allowedTools != .unchanged { parts.append("allowedTools") }
    if request.description != nil { parts.append("description") }
    if request.status != nil { parts.append("status") }
    if request.pinning != nil { parts.append("pinning") }
    return ["changed": parts.joined(separator: " ")]
  }
}
