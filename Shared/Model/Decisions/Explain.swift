/// `POST /v1/decisions`: may this subject use this resource, and why?
public struct DecisionQuestion: Codable, Sendable {
  public struct Subject: Codable, Sendable, Hashable {
    public var userId: UserID
    /// At most one of this and `application`.
    public var charmId: String?
    public var application: ApplicationDescription?

    public init(userId: UserID, charmId: String? = nil, application: ApplicationDescription? = nil) {
      self.userId = userId
      self.charmId = charmId
      self.application = application
    }
  }

  public struct Resource: Codable, Sendable, Hashable {
    /// Exactly one of this and `mcpServerId`.
    public var integrationId: IntegrationID?
    public var mcpServerId: MCPServerID?
    /// By the server's own name; absent for the server as a whole.
    public var tool: String?
    /// Of a Connection; those that are asked for without saying when absent.
    public var scopes: [String]?

    public init(
      integrationId: IntegrationID? = nil, mcpServerId: MCPServerID? = nil, tool: String? = nil,
      scopes: [String]? = nil
    ) {
      self.integrationId = integrationId
      self.mcpServerId = mcpServerId
      self.tool = tool
      self.scopes = scopes
    }
  }

  public var subject: Subject
  public var resource: Resource
  /// Of a call of the tool. Neither recorded nor logged.
  public var arguments: JSONValue?

  public init(subject: Subject, resource: Resource, arguments: JSONValue? = nil) {
    self.subject = subject
    self.resource = resource
    self.arguments = arguments
  }
}

/// The answer: what decides, why, and what would change it.
public struct ExplainedDecision: Codable, Sendable, Hashable {
  public var effect: Decision.Effect
  /// A rule's id, or the name of a built-in one.
  public var decidingRule: String
  /// Sentences for people, the deciding one first.
  public var reasons: [String]
  /// Sentences; each thing that they name would turn the answer round by itself.
  public var wouldChange: [String]

  public init(effect: Decision.Effect, decidingRule: String, reasons: [String], wouldChange: [String]) {
    self.effect = effect
    self.decidingRule = decidingRule
    self.reasons = reasons
    self.wouldChange = wouldChange
  }
}

/// Explanations, answered by the policy service.
public enum DecisionEndpoints {
  public static let explain = Endpoint<OnBehalf<DecisionQuestion>, ExplainedDecision>(
    .policy, .post, "/internal/decisions/explain", callers: [.gateway])
}
