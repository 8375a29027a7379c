public import FoundationEssentials

/// A stored rule. On the wire its own fields stand beside those of the draft.
public struct Rule: Hashable, Sendable {
  public var id: RuleID
  public var draft: RuleDraft
  public var createdAt: Date
  public var updatedAt: Date

  public init(id: RuleID, draft: RuleDraft, createdAt: Date, updatedAt: Date) {
    self.id = id
    self.draft = draft
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }
}

extension Rule: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable { case id, createdAt, updatedAt }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    id = try container.decode(RuleID.self, forKey: .id)
    createdAt = try container.decode(Date.self, forKey: .createdAt)
    updatedAt = try container.decode(Date.self, forKey: .updatedAt)
    var document = try JSONValue(from: decoder)
    if case .object(var members) = document {
      for key in CodingKeys.allCases { members[key.stringValue] = nil }
      document = .object(members)
    }
    draft = try RuleDraft(document, at: JSONPointer(codingPath: decoder.codingPath))
  }

  public func encode(to encoder: any Encoder) throws {
    try draft.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(createdAt, forKey: .createdAt)
    try container.encode(updatedAt, forKey: .updatedAt)
  }
}

/// Rules that are given together, as in a preview or a configuration. Their problems are told together too.
public struct RuleDraftList: Hashable, Sendable, Codable {
  public var drafts: [RuleDraft]

  public init(_ drafts: [RuleDraft]) { self.drafts = drafts }

  /// - Throws: ``RuleProblems``.
  public init(from decoder: any Decoder) throws {
    try self.init(JSONValue(from: decoder), at: JSONPointer(codingPath: decoder.codingPath))
  }

  /// - Parameter place: where the list stands, for the pointers of problems.
  public init(_ document: JSONValue, at place: JSONPointer = .root) throws(RuleProblems) {
    var reader = RuleReader()
    let field = RuleReader.Field(value: document, place: place)
    drafts = reader.array(field, maximum: RuleLimits.rules).compactMap { reader.draft($0.value, at: $0.place) }
    if drafts.reduce(0, { $0 + $1.entryCount }) > RuleLimits.entriesOfAllRules {
      reader.report(place, "together have more than \(RuleLimits.entriesOfAllRules) entries in their lists")
    }
    guard reader.problems.problems.isEmpty else { throw reader.problems }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(drafts)
  }
}
