public import FoundationEssentials

/// What a host page says about one of its Applications in a call. `id` is the platform's identity; the rest is what the Application declares.
public struct ApplicationDescription: Codable, Sendable, Hashable {
  public var id: String
  /// The reverse-domain id that the Application declares; the platform identity where it declares none.
  public var appId: String?
  public var name: String?
  public var description: String?
  public var icon: String?
  public var homepage: String?

  public init(
    id: String, appId: String? = nil, name: String? = nil, description: String? = nil, icon: String? = nil,
    homepage: String? = nil
  ) {
    self.id = id
    self.appId = appId
    self.name = name
    self.description = description
    self.icon = icon
    self.homepage = homepage
  }
}

/// An Application that the organization has seen.
public struct Application: Codable, Sendable {
  public enum State: String, Codable, Sendable, CaseIterable { case allowed, blocked, pending }

  /// Whether it is handed the tokens of the accounts that people connect in it.
  public enum TokenRelease: String, Codable, Sendable, CaseIterable {
    case release
    /// It uses accounts through the gateway's MCP endpoint, and never holds a token.
    case gatewayOnly
  }

  /// The platform's identity.
  public var id: String
  /// Every `appId` it has declared.
  public var appIds: [String]
  public var name: String?
  public var state: State
  public var tokenRelease: TokenRelease
  public var firstSeenAt: Date
  public var lastSeenAt: Date

  public init(
    id: String, appIds: [String], name: String?, state: State, tokenRelease: TokenRelease = .release,
    firstSeenAt: Date, lastSeenAt: Date
  ) {
    self.id = id
    self.appIds = appIds
    self.name = name
    self.state = state
    self.tokenRelease = tokenRelease
    self.firstSeenAt = firstSeenAt
    self.lastSeenAt = lastSeenAt
  }
}

/// `PATCH /v1/applications/{id}`: absent fields stay as they are.
public struct UpdateApplication: Codable, Sendable {
  public var state: Application.State?
  public var tokenRelease: Application.TokenRelease?

  public init(state: Application.State? = nil, tokenRelease: Application.TokenRelease? = nil) {
    self.state = state
    self.tokenRelease = tokenRelease
  }
}

/// An update of an Application by its platform identity.
public struct TargetedApplication: Codable, Sendable {
  public var id: String
  public var update: UpdateApplication?

  public init(id: String, update: UpdateApplication? = nil) {
    self.id = id
    self.update = update
  }
}

/// Applications, answered by the policy service.
public enum ApplicationEndpoints {
  public static let list = Endpoint<OnBehalf<PageRequest>, Page<Application>>(
    .policy, .post, "/internal/applications/list", callers: [.gateway])
  public static let show = Endpoint<OnBehalf<TargetedApplication>, Application>(
    .policy, .post, "/internal/applications/show", callers: [.gateway])
  public static let update = Endpoint<OnBehalf<TargetedApplication>, Application>(
    .policy, .post, "/internal/applications/update", callers: [.gateway])
}
