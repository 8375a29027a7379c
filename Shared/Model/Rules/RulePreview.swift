public import FoundationEssentials

/// `POST /v1/rules/preview`: rules as they might be.
public struct RulePreviewRequest: Codable, Sendable {
  /// Added to those that are stored.
  public var rules: RuleDraftList
  /// Taken away. To try another version of a rule, remove it and give the draft.
  public var remove: [RuleID]?
  /// What silence would mean; as it is when absent.
  public var defaultEffect: Decision.Effect?
  /// Goes on after the members of the page before.
  public var cursor: String?

  public init(
    rules: RuleDraftList, remove: [RuleID]? = nil, defaultEffect: Decision.Effect? = nil, cursor: String? = nil
  ) {
    self.rules = rules
    self.remove = remove
    self.defaultEffect = defaultEffect
    self.cursor = cursor
  }
}

/// Who could do what, before and after.
public struct RulePreview: Codable, Sendable {
  /// What may come of a request.
  public enum Access: String, Codable, Sendable, CaseIterable {
    case allowed
    /// It depends on what is not known before the call: its arguments, the hour, or how many were made.
    case conditional
    case refused
  }

  /// One thing that is different afterwards.
  public struct AccessChange: Codable, Sendable, Hashable {
    public var userId: UserID
    /// The Charm that acts; absent for the person alone.
    public var charmId: String?
    /// The Application that acts.
    public var applicationId: String?
    public var integrationId: IntegrationID?
    public var mcpServerId: MCPServerID?
    /// Absent for the server as a whole.
    public var tool: String?
    public var before: Access
    public var after: Access

    public init(
      userId: UserID, charmId: String?, applicationId: String?, integrationId: IntegrationID?,
      mcpServerId: MCPServerID?, tool: String?, before: Access, after: Access
    ) {
      self.userId = userId
      self.charmId = charmId
      self.applicationId = applicationId
      self.integrationId = integrationId
      self.mcpServerId = mcpServerId
      self.tool = tool
      self.before = before
      self.after = after
    }
  }

  /// A recorded use that would have gone another way.
  public struct ReplayedUse: Codable, Sendable, Hashable {
    public var at: Date
    public var userId: UserID?
    public var charmId: String?
    public var applicationId: String?
    public var integrationId: IntegrationID?
    public var mcpServerId: MCPServerID?
    public var tool: String?
    /// What the record says.
    public var before: Access
    public var after: Access

    public init(
      at: Date, userId: UserID?, charmId: String?, applicationId: String?, integrationId: IntegrationID?,
      mcpServerId: MCPServerID?, tool: String?, before: Access, after: Access
    ) {
      self.at = at
      self.userId = userId
      self.charmId = charmId
      self.applicationId = applicationId
      self.integrationId = integrationId
      self.mcpServerId = mcpServerId
      self.tool = tool
      self.before = before
      self.after = after
    }
  }

  /// The newest recorded uses, asked again. Arguments are never recorded, so what depends on them is `conditional`.
  public struct Replay: Codable, Sendable, Hashable {
    /// How many were looked at.
    public var looked: Int
    /// How many of the allowed ones would be refused.
    public var refused: Int
    /// Whether older ones within the time were left out.
    public var isCut: Bool
    /// The newest of those that would have gone another way.
    public var changes: [ReplayedUse]

    public init(looked: Int, refused: Int, isCut: Bool, changes: [ReplayedUse]) {
      self.looked = looked
      self.refused = refused
      self.isCut = isCut
      self.changes = changes
    }
  }

  /// Members of this page; see ``nextCursor``.
  public var members: Int
  public var changes: [AccessChange]
  /// Whether there were more changes on this page than are told.
  public var isCut: Bool
  /// Whom and what the changes of this page touch; also those that are not told.
  public var affected: Affected?
  /// On the first page.
  public var replay: Replay?
  public var nextCursor: String?

  public init(
    members: Int, changes: [AccessChange], isCut: Bool, affected: Affected?, replay: Replay?, nextCursor: String?
  ) {
    self.members = members
    self.changes = changes
    self.isCut = isCut
    self.affected = affected
    self.replay = replay
    self.nextCursor = nextCursor
  }
}
