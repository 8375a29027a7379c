import Model

/// Finds the rules whose subjects and resources may match, without looking at any rule.
///
/// Each entry of each list has a row with a bit for every rule: set where the rule names the entry, or has no such list.
/// The rows of a question's facts, intersected word by word, leave the rules that are worth looking at.
struct RuleIndex: Sendable {
  private let words: Int
  private let rows: [UInt64]
  private let users: Entries
  private let groups: Entries
  private let roles: Entries
  private let charms: Entries
  private let applications: Entries
  private let integrations: Entries
  private let servers: Entries
  private let tools: Entries
  /// Every rule.
  private let everything: Int

  /// The rows of one kind of list.
  struct Entries: Sendable {
    /// For a fact that is no entry of any list.
    var unnamed: Int
    /// For a question without such a fact.
    var absent: Int
    var rows: [String: Int]

    func row(_ fact: String?) -> Int {
      guard let fact else { return absent }
      return rows[fact] ?? unnamed
    }
  }

  init(_ rules: [CompiledRule]) {
    var builder = RowBuilder(rules)
    users = builder.entries { $0.subjects.users?.map(\.rawValue) }
    groups = builder.entries { $0.subjects.groups }
    roles = builder.entries { $0.subjects.roles?.map(\.rawValue) }
    charms = builder.entries { $0.subjects.charms }
    applications = builder.entries { $0.subjects.applications }
    integrations = builder.entries(
      absent: { $0.resources.integrations == nil && $0.resources.scopes == nil },
      { $0.resources.integrations?.map(\.rawValue) })
    servers = builder.entries { $0.resources.mcpServers?.map(\.rawValue) }
    tools = builder.entries(
      absent: { $0.resources.tools == nil && $0.resources.annotations == nil && $0.conditions.arguments == nil },
      unnamed: { $0.resources.tools?.contains { !$0.isLiteral } ?? true },
      { $0.resources.tools?.filter(\.isLiteral).flatMap(\.literals) })
    everything = builder.row { _ in true }
    words = builder.words
    rows = builder.rows
  }

  /// Calls the closure with the place of each rule that is worth looking at, in order, until it returns false.
  func forEachCandidate(_ question: Question, _ body: (Int) -> Bool) {
    let (subject, resource) = (question.subject, question.resource)
    let user = users.row(subject.user?.rawValue) * words
    let role = roles.row(subject.role.rawValue) * words
    let charm = charms.row(subject.charm) * words
    let application = applications.row(subject.application) * words
    let integration = integrations.row(resource.integration?.rawValue) * words
    let server = servers.row(resource.server?.rawValue) * words
    let tool = toolRow(resource) * words
    let unnamed = groups.unnamed * words
    let memberOf = subject.groups.compactMap { groups.rows[$0] }.map { $0 * words }
    rows.withUnsafeBufferPointer { rows in
      for word in 0..<words {
        var bits = rows[user + word] & rows[role + word] & rows[charm + word] & rows[application + word]
        bits &= rows[integration + word] & rows[server + word] & rows[tool + word]
        // A member of several groups matches a rule that names any of them.
        if bits != 0 { bits &= memberOf.reduce(rows[unnamed + word]) { $0 | rows[$1 + word] } }
        while bits != 0 {
          guard body(word * UInt64.bitWidth + bits.trailingZeroBitCount) else { return }
          bits &= bits - 1
        }
      }
    }
  }

  private func toolRow(_ resource: Question.Resource) -> Int {
    guard resource.server != nil else { return tools.absent }
    return resource.tool.map { tools.row($0.name) } ?? everything
  }
}

/// Builds the rows of an index.
private struct RowBuilder {
  let words: Int
  private(set) var rows: [UInt64] = []
  private let drafts: [RuleDraft]

  init(_ rules: [CompiledRule]) {
    drafts = rules.map(\.draft)
    words = (rules.count + UInt64.bitWidth - 1) / UInt64.bitWidth
  }

  /// Adds a row with the rules for which something holds. Returns its number.
  mutating func row(_ holds: (RuleDraft) -> Bool) -> Int {
    let start = rows.count
    rows.append(contentsOf: repeatElement(0, count: words))
    for (place, draft) in drafts.enumerated() where holds(draft) { set(place, start) }
    return words == 0 ? 0 : start / words
  }

  /// Adds the rows of one kind of list.
  mutating func entries(
    absent: ((RuleDraft) -> Bool)? = nil, unnamed: ((RuleDraft) -> Bool)? = nil,
    _ list: (RuleDraft) -> [String]?
  ) -> RuleIndex.Entries {
    let unnamedRow = if let unnamed { row(unnamed) } else { row { list($0) == nil } }
    let absentRow = absent.map { row($0) } ?? unnamedRow
    var named: [String: [Int]] = [:]
    for (place, draft) in drafts.enumerated() {
      for entry in list(draft) ?? [] { named[entry, default: []].append(place) }
    }
    var numbers: [String: Int] = [:]
    for (entry, places) in named {
      let start = rows.count
      rows.append(contentsOf: Array(rows[unnamedRow * words..<(unnamedRow + 1) * words]))
      for place in places { set(place, start) }
      numbers[entry] = start / words
    }
    return RuleIndex.Entries(unnamed: unnamedRow, absent: absentRow, rows: numbers)
  }

  private mutating func set(_ place: Int, _ start: Int) {
    rows[start + place / UInt64.bitWidth] |= 1 << UInt64(place % UInt64.bitWidth)
  }
}
