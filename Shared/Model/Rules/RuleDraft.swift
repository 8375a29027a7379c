/// A rule as an owner writes it: the body of `POST /v1/rules` and `PUT /v1/rules/{id}`.
///
/// Everything that it names must hold for the rule to match. Reading is strict everywhere, also between our own services
/// and from the database: a part that is not understood must not be left out, for the rule would say more than it was
/// meant to.
public struct RuleDraft: Hashable, Sendable {
  public enum Mode: String, Codable, Sendable, CaseIterable {
    case enforce
    /// Decides nothing; what it would have done is recorded.
    case shadow
  }

  public var name: String
  public var effect: Decision.Effect
  /// `enforce` where it is left out.
  public var mode: Mode
  public var subjects: RuleSubjects
  public var resources: RuleResources
  public var conditions: RuleConditions

  public init(
    name: String, effect: Decision.Effect, mode: Mode = .enforce, subjects: RuleSubjects = RuleSubjects(),
    resources: RuleResources = RuleResources(), conditions: RuleConditions = RuleConditions()
  ) {
    self.name = name
    self.effect = effect
    self.mode = mode
    self.subjects = subjects
    self.resources = resources
    self.conditions = conditions
  }

  /// Entries of all its lists, which count towards ``RuleLimits/entriesOfAllRules``.
  public var entryCount: Int { subjects.entryCount + resources.entryCount + (conditions.arguments?.count ?? 0) }
}

extension RuleDraft: Codable {
  private enum CodingKeys: String, CodingKey { case name, effect, mode, subjects, resources, conditions }

  /// - Throws: ``RuleProblems`` with pointers that begin at the document's root.
  public init(from decoder: any Decoder) throws {
    try self.init(JSONValue(from: decoder), at: JSONPointer(codingPath: decoder.codingPath))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(effect, forKey: .effect)
    try container.encode(mode, forKey: .mode)
    try container.encode(subjects, forKey: .subjects)
    try container.encode(resources, forKey: .resources)
    try container.encode(conditions, forKey: .conditions)
  }

  /// Reads a rule.
  ///
  /// - Parameter place: where the document stands, for the pointers of problems.
  public init(_ document: JSONValue, at place: JSONPointer = .root) throws(RuleProblems) {
    var reader = RuleReader()
    guard let draft = reader.draft(document, at: place), reader.problems.problems.isEmpty else {
      throw reader.problems
    }
    self = draft
  }
}

extension RuleReader {
  /// Nil means that a problem was noted; a draft may have some too.
  mutating func draft(_ document: JSONValue, at place: JSONPointer) -> RuleDraft? {
    let known = ["name", "effect", "mode", "subjects", "resources", "conditions"]
    guard let object = object(document, at: place, known: known) else { return nil }
    let name = required("name", of: object) { $0.text($1, maximumBytes: RuleLimits.nameBytes) }
    let effect = required("effect", of: object) { $0.choice($1, of: Decision.Effect.self) }
    let mode = optional("mode", of: object) { $0.choice($1, of: RuleDraft.Mode.self) }
    let subjects = optional("subjects", of: object) { $0.subjects($1) }
    let resources = optional("resources", of: object) { $0.resources($1) }
    let conditions = optional("conditions", of: object) { $0.conditions($1) }
    guard let name, let effect else { return nil }
    return RuleDraft(
      name: name, effect: effect, mode: mode ?? .enforce, subjects: subjects ?? RuleSubjects(),
      resources: resources ?? RuleResources(), conditions: conditions ?? RuleConditions())
  }
}
