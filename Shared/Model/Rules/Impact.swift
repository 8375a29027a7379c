/// The answer to a change that is asked for with `?dryRun=true`: what it would mean. Nothing has been changed.
public struct Impact: Codable, Sendable {
  public var affected: Affected
  /// Who could do what, before and after: the first of all.
  public var changes: [RulePreview.AccessChange]
  /// Whether there is more than is told: more changes, or Charms that were not looked at.
  public var isCut: Bool

  public init(affected: Affected, changes: [RulePreview.AccessChange], isCut: Bool) {
    self.affected = affected
    self.changes = changes
    self.isCut = isCut
  }
}

/// A change that is only asked about. In JSON an object with one field, which says what it is.
public enum ProposedChange: Codable, Sendable {
  case updateIntegration(Targeted<IntegrationKind, UpdateIntegration>)
  /// As with `revoke`: servers that use it lose it.
  case deleteIntegration(Reference<IntegrationKind>)
  case updateMCPServer(Targeted<MCPServerKind, UpdateMCPServer>)
  case deleteMCPServer(Reference<MCPServerKind>)
  case updateCharm(TargetedCharm)
  case deleteCharm(TargetedCharm)
  case updateApplication(TargetedApplication)

  private enum CodingKeys: String, CodingKey {
    case updateIntegration, deleteIntegration, updateMCPServer, deleteMCPServer, updateCharm, deleteCharm
    case updateApplication
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    guard container.allKeys.count == 1, let key = container.allKeys.first else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "must name exactly one change"))
    }
    switch key {
    case .updateIntegration: self = .updateIntegration(try container.decode(forKey: key))
    case .deleteIntegration: self = .deleteIntegration(try container.decode(forKey: key))
    case .updateMCPServer: self = .updateMCPServer(try container.decode(forKey: key))
    case .deleteMCPServer: self = .deleteMCPServer(try container.decode(forKey: key))
    case .updateCharm: self = .updateCharm(try container.decode(forKey: key))
    case .deleteCharm: self = .deleteCharm(try container.decode(forKey: key))
    case .updateApplication: self = .updateApplication(try container.decode(forKey: key))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .updateIntegration(let change): try container.encode(change, forKey: .updateIntegration)
    case .deleteIntegration(let change): try container.encode(change, forKey: .deleteIntegration)
    case .updateMCPServer(let change): try container.encode(change, forKey: .updateMCPServer)
    case .deleteMCPServer(let change): try container.encode(change, forKey: .deleteMCPServer)
    case .updateCharm(let change): try container.encode(change, forKey: .updateCharm)
    case .deleteCharm(let change): try container.encode(change, forKey: .deleteCharm)
    case .updateApplication(let change): try container.encode(change, forKey: .updateApplication)
    }
  }
}

extension KeyedDecodingContainer {
  fileprivate func decode<Value: Decodable>(forKey key: Key) throws -> Value { try decode(Value.self, forKey: key) }
}

/// What changes of the set-up would mean, answered by the policy service. For owners and admins.
public enum ImpactEndpoints {
  /// Fails as the change itself would, but for an Integration that is in use. Changes nothing.
  public static let show = Endpoint<OnBehalf<ProposedChange>, Impact>(
    .policy, .post, "/internal/impact", callers: [.gateway], timeoutSeconds: 30)
}
