/// What an organization has set up, as one document: things are known by their names, secrets by references.
///
/// An entry says all there is to say about its thing: what it leaves out has its ordinary value. A list that is left out
/// altogether is not spoken of. Reading is strict and tells every problem at once.
public struct ConfigurationDocument: Hashable, Sendable {
  /// Stands where a secret belongs, whose value is given beside the document and never in it.
  public struct SecretReference: Codable, Hashable, Sendable {
    public var secretRef: String

    public init(_ name: String) { secretRef = name }
  }

  /// The organization's OAuth application at a provider.
  public struct Integration: Codable, Hashable, Sendable {
    public var name: String
    public var provider: String
    public var clientId: String
    /// Absent only for a public client.
    public var clientSecret: SecretReference?
    /// Absent: what the provider's entry in the catalogue says.
    public var defaultScopes: [String]?
    public var maximumScopes: [String]?
    public var variables: [String: String]?
    /// What it leaves out is discovered, or stays as it was discovered.
    public var custom: CustomProvider?
    /// Absent: enabled.
    public var status: Model.Integration.Status?

    public init(
      name: String, provider: String, clientId: String, clientSecret: SecretReference? = nil,
      defaultScopes: [String]? = nil, maximumScopes: [String]? = nil, variables: [String: String]? = nil,
      custom: CustomProvider? = nil, status: Model.Integration.Status? = nil
    ) {
      self.name = name
      self.provider = provider
      self.clientId = clientId
      self.clientSecret = clientSecret
      self.defaultScopes = defaultScopes
      self.maximumScopes = maximumScopes
      self.variables = variables
      self.custom = custom
      self.status = status
    }
  }

  /// How calls to an MCP server prove themselves.
  public struct Auth: Codable, Hashable, Sendable {
    public var type: MCPServerAuth.Method
    /// For `oauth`: the Integration's name. Absent: found by the server's URL.
    public var integration: String?
    public var scopes: [String]?
    /// For `staticToken`.
    public var token: SecretReference?
    public var header: String?
    public var prefix: String?

    public init(
      type: MCPServerAuth.Method, integration: String? = nil, scopes: [String]? = nil,
      token: SecretReference? = nil, header: String? = nil, prefix: String? = nil
    ) {
      self.type = type
      self.integration = integration
      self.scopes = scopes
      self.token = token
      self.header = header
      self.prefix = prefix
    }
  }

  public struct MCPServer: Codable, Hashable, Sendable {
    public var name: String
    public var url: String
    public var auth: Auth
    /// Absent: all tools. Empty: none.
    public var allowedTools: [String]?
    public var description: String?
    /// Absent: enabled.
    public var status: Model.MCPServer.Status?
    /// Absent: off.
    public var pinning: Bool?

    public init(
      name: String, url: String, auth: Auth, allowedTools: [String]? = nil, description: String? = nil,
      status: Model.MCPServer.Status? = nil, pinning: Bool? = nil
    ) {
      self.name = name
      self.url = url
      self.auth = auth
      self.allowedTools = allowedTools
      self.description = description
      self.status = status
      self.pinning = pinning
    }
  }

  public struct Charm: Codable, Hashable, Sendable {
    public struct Server: Codable, Hashable, Sendable {
      /// The MCP server's name.
      public var mcpServer: String
      public var allowedTools: [String]?

      public init(mcpServer: String, allowedTools: [String]? = nil) {
        self.mcpServer = mcpServer
        self.allowedTools = allowedTools
      }
    }

    /// The host platform's id for it, or one of ours.
    public var id: String
    public var name: String
    public var mcpServers: [Server]

    public init(id: String, name: String, mcpServers: [Server]) {
      self.id = id
      self.name = name
      self.mcpServers = mcpServers
    }
  }

  /// An Application with a setting of its own. Every other one is allowed when it comes.
  public struct Application: Codable, Hashable, Sendable {
    /// The platform's identity.
    public var id: String
    public var state: Model.Application.State
    /// Absent: tokens are released.
    public var tokenRelease: Model.Application.TokenRelease?

    public init(id: String, state: Model.Application.State, tokenRelease: Model.Application.TokenRelease? = nil) {
      self.id = id
      self.state = state
      self.tokenRelease = tokenRelease
    }
  }

  /// What silence of the rules means; not spoken of when absent.
  public var defaultEffect: Decision.Effect?
  public var integrations: [Integration]?
  public var mcpServers: [MCPServer]?
  public var charms: [Charm]?
  public var applications: [Application]?
  /// Rules as `POST /v1/rules` takes them, with names of Integrations and MCP servers and the host platform's ids of members.
  public var rules: [JSONValue]?

  public init(
    defaultEffect: Decision.Effect? = nil, integrations: [Integration]? = nil, mcpServers: [MCPServer]? = nil,
    charms: [Charm]? = nil, applications: [Application]? = nil, rules: [JSONValue]? = nil
  ) {
    self.defaultEffect = defaultEffect
    self.integrations = integrations
    self.mcpServers = mcpServers
    self.charms = charms
    self.applications = applications
    self.rules = rules
  }
}

extension ConfigurationDocument: Codable {
  /// - Throws: ``RuleProblems`` with pointers that begin at the document's root.
  public init(from decoder: any Decoder) throws {
    try self.init(JSONValue(from: decoder), at: JSONPointer(codingPath: decoder.codingPath))
  }

  /// - Parameter place: where the document stands, for the pointers of problems.
  public init(_ document: JSONValue, at place: JSONPointer = .root) throws(RuleProblems) {
    var reader = RuleReader()
    let read = reader.configuration(document, at: place)
    guard let read, reader.problems.problems.isEmpty else { throw reader.problems }
    self = read
  }
}
