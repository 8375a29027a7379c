import FoundationEssentials
import Model
import Rules

/// Rules of a large organization, and calls of its agents: fifty groups, a hundred MCP servers, tools by pattern, some
/// conditions on arguments. The same every time.
struct RuleLoad {
  static let organization = OrganizationID(rawValue: "org_bench")

  let rules: [RuleID: RuleDraft]

  private static let groups = 50
  private static let servers = 100
  private static let verbs = ["read", "write", "delete", "search", "send"]
  /// One rule in so many has a condition on an argument, and one speaks of every server.
  private static let conditionOneIn = 5
  private static let everywhereOneIn = 50
  /// 1 January 2026.
  private static let now = Date(timeIntervalSince1970: 1_767_225_600)

  init(rules count: Int) {
    rules = Dictionary(uniqueKeysWithValues: (0..<count).map { (RuleID(rawValue: "rul_\($0)"), Self.rule($0)) })
  }

  private static func rule(_ number: Int) -> RuleDraft {
    let isEverywhere = number % everywhereOneIn == 0
    let verb = verbs[number % verbs.count]
    let condition = JSONPointer("/query").map { ArgumentCondition(pointer: $0, test: .prefix("SELECT ")) }
    return RuleDraft(
      name: "Rule \(number)", effect: number % 3 == 0 ? .deny : .allow,
      subjects: RuleSubjects(groups: [group(number / servers), group(number / servers + 7)]),
      resources: RuleResources(
        mcpServers: isEverywhere ? nil : [server(number)], tools: GlobPattern(rawValue: "\(verb)_*").map { [$0] },
        annotations: isEverywhere ? [.destructive] : nil),
      conditions: RuleConditions(
        arguments: number % conditionOneIn == 0 ? condition.map { [$0] } : nil))
  }

  /// A call of a tool by a member of three groups.
  func question(_ number: Int) -> Question {
    // A prime stride: groups, servers and tools meet in every combination.
    let mixed = number &* 7_919
    return Question(
      organization: Self.organization,
      subject: Question.Subject(
        user: UserID(rawValue: "usr_\(mixed % 1_000)"), groups: (0..<3).map { Self.group(mixed / 3 + $0 * 5) },
        role: .member, charm: "charm-\(mixed % 10)"),
      resource: .tool(
        .init(name: "\(Self.verbs[mixed % Self.verbs.count])_entry", hints: ToolHints(readOnly: mixed % 2 == 0)),
        of: Self.server(mixed / 11)),
      arguments: ["query": .string(mixed % 4 == 0 ? "DELETE FROM item" : "SELECT payload FROM item")], now: Self.now)
  }

  private static func group(_ number: Int) -> String { "group-\(number % groups)" }

  private static func server(_ number: Int) -> MCPServerID { MCPServerID(rawValue: "mcp_\(number % servers)") }
}
