public import FoundationEssentials
public import Model

/// Everything that rules look at. Facts only: whoever asks brings the clock, the counters and what is known of the call.
public struct Question: Sendable {
  public var organization: OrganizationID
  public var subject: Subject
  public var resource: Resource
  /// The arguments of the tool call; `[:]` for a call without any. Nil where there is no call yet, as in a listing.
  public var arguments: JSONValue?
  public var now: Date
  public var usage: RateUsage

  public init(
    organization: OrganizationID, subject: Subject, resource: Resource, arguments: JSONValue? = nil, now: Date,
    usage: RateUsage = .unknown
  ) {
    self.organization = organization
    self.subject = subject
    self.resource = resource
    self.arguments = arguments
    self.now = now
    self.usage = usage
  }
}

extension Question {
  /// Who asks.
  public struct Subject: Hashable, Sendable {
    /// Nil for an API key.
    public var user: UserID?
    public var groups: [String]
    public var role: Role
    /// The Charm that acts.
    public var charm: String?
    /// The platform's identity of the Application that acts.
    public var application: String?

    public init(
      user: UserID?, groups: [String] = [], role: Role, charm: String? = nil, application: String? = nil
    ) {
      self.user = user
      self.groups = groups
      self.role = role
      self.charm = charm
      self.application = application
    }
  }

  /// What is asked for.
  public struct Resource: Hashable, Sendable {
    /// Also of an MCP server that is used through one.
    public let integration: IntegrationID?
    /// Nil where they are not known yet; empty where none are asked for.
    public let scopes: [String]?
    public let server: MCPServerID?
    /// Nil also for a server as a whole.
    public let tool: Tool?

    /// A Connection or its token.
    public static func integration(_ id: IntegrationID, scopes: [String]?) -> Resource {
      Resource(integration: id, scopes: scopes, server: nil, tool: nil)
    }

    /// An MCP server as a whole: allowed if any call of any of its tools could be.
    ///
    /// - Parameter integration: through which its Connections are made, and their scopes.
    public static func server(
      _ id: MCPServerID, through integration: IntegrationID? = nil, scopes: [String]? = []
    ) -> Resource {
      Resource(integration: integration, scopes: scopes, server: id, tool: nil)
    }

    /// One tool.
    public static func tool(
      _ tool: Tool, of server: MCPServerID, through integration: IntegrationID? = nil, scopes: [String]? = []
    ) -> Resource {
      Resource(integration: integration, scopes: scopes, server: server, tool: tool)
    }
  }

  /// A tool as its server describes it.
  public struct Tool: Hashable, Sendable {
    /// The server's own name for it.
    public var name: String
    public var hints: ToolHints

    public init(name: String, hints: ToolHints = .unsaid) {
      self.name = name
      self.hints = hints
    }
  }
}
