import Model
import ServiceKit
import TestSupport

@testable import PolicyKit

/// Access rules of an organization in a test.
extension Tenant {
  @discardableResult
  func createRule(_ draft: RuleDraft, as credential: CredentialHash? = nil) async throws -> Rule {
    try await policy.gateway.call(RuleEndpoints.create, OnBehalf(credential ?? apiKey, draft))
  }

  @discardableResult
  func replaceRule(_ id: RuleID, _ draft: RuleDraft) async throws -> Rule {
    try await policy.gateway.call(RuleEndpoints.replace, OnBehalf(apiKey, Targeted(id, draft)))
  }

  func deleteRule(_ id: RuleID) async throws {
    _ = try await policy.gateway.call(RuleEndpoints.delete, OnBehalf(apiKey, Reference(id: id)))
  }

  func showRule(_ id: RuleID) async throws -> Rule {
    try await policy.gateway.call(RuleEndpoints.show, OnBehalf(apiKey, Reference(id: id)))
  }

  func rules(_ page: PageRequest = PageRequest()) async throws -> Page<Rule> {
    try await policy.gateway.call(RuleEndpoints.list, OnBehalf(apiKey, page))
  }

  func setDefault(_ effect: Decision.Effect) async throws {
    _ = try await policy.gateway.call(
      OrganizationEndpoints.update, OnBehalf(apiKey, UpdateOrganization(defaultEffect: effect)))
  }

  func explain(_ question: DecisionQuestion, as credential: CredentialHash? = nil) async throws -> ExplainedDecision {
    try await policy.gateway.call(DecisionEndpoints.explain, OnBehalf(credential ?? apiKey, question))
  }

  func preview(_ request: RulePreviewRequest) async throws -> RulePreview {
    try await policy.gateway.call(RuleEndpoints.preview, OnBehalf(apiKey, request))
  }

  func decide(
    _ tool: String, of server: MCPServerID, _ arguments: JSONValue? = nil, as credential: CredentialHash
  ) async throws -> Decision {
    try await policy.gateway.call(
      MCPAccessEndpoints.decideTool,
      OnBehalf(credential, ToolQuestion(mcpServerId: server, tool: tool, arguments: arguments)))
  }

  /// A tool whose server says what it does.
  static func definition(_ name: String, hints: String) -> String {
    #"{"name":"\#(name)","inputSchema":{"type":"object"},"annotations":{\#(hints)}}"#
  }

  /// An Application's wish for a token.
  static func wish(
    _ integration: IntegrationID, scopes: [String]? = nil, application: String = "app-1",
    purposes: Set<Grant.Purpose> = [.release, .list, .connect]
  ) -> AccessRequest {
    AccessRequest(
      integrationId: integration, application: ApplicationDescription(id: application), purposes: purposes,
      scopes: scopes)
  }
}
