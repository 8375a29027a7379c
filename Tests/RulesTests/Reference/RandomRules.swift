import Foundation
import Model
import Rules

/// Random rules and questions over so few words that they meet often.
struct RandomRules {
  var random: Random

  private static let users = (1...3).map { UserID(rawValue: "usr_\($0)") }
  private static let groups = ["staff", "sales", "support"]
  private static let charms = ["c1", "c2"]
  private static let applications = ["a1", "a2"]
  private static let integrations = (1...2).map { IntegrationID(rawValue: "int_\($0)") }
  private static let servers = (1...2).map { MCPServerID(rawValue: "mcp_\($0)") }
  private static let tools = ["read_file", "write_file", "execute_sql", "send", "s*d"]
  private static let patterns = ["*", "*_file", "execute_*", "*e*", "s*d", #"s\*d"#, "send", "write_file", "r*d_*"]
    .map(Sample.glob)
  private static let scopes = ["read", "write", "admin"]
  private static let pointers = ["/q", "/n", "/o/p", "/list/0", "/a~1b"].compactMap { JSONPointer($0) }
  private static let texts = ["SELECT 1", "DROP t", "", "caf\u{E9}", "cafe\u{301}", "5"]
  private static let numbers: [JSONValue] = [
    5, 5.0, 5.5, -1, 9_007_199_254_740_993, 9_007_199_254_740_992.0, .integer(.max), .integer(.min), 1e19, -1e19,
  ]
  private static let zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]
    .compactMap(RuleHours.timeZone(named:))
  private static let times = ["00:00", "06:30", "09:00", "17:45", "22:00"].compactMap(RuleHours.Time.init)

  /// Mostly a handful; now and then more than a word of the index has bits.
  mutating func rules() -> [RuleID: RuleDraft] {
    let count = random.happens(oneIn: 400) ? random.number(60...140) : random.number(0...7)
    return Dictionary(uniqueKeysWithValues: (0..<count).map { (RuleID(rawValue: "rul_\($0)"), rule()) })
  }

  mutating func effect() -> Decision.Effect { random.element(of: [.allow, .deny]) }

  private mutating func rule() -> RuleDraft {
    RuleDraft(
      name: "rule", effect: effect(), mode: random.happens(oneIn: 5) ? .shadow : .enforce,
      subjects: RuleSubjects(
        users: list(of: Self.users), groups: list(of: Self.groups), roles: list(of: Role.allCases),
        charms: list(of: Self.charms, oneIn: 8), applications: list(of: Self.applications, oneIn: 8)),
      resources: RuleResources(
        integrations: list(of: Self.integrations), mcpServers: list(of: Self.servers), tools: list(of: Self.patterns),
        annotations: list(of: RuleResources.Annotation.allCases), scopes: list(of: Self.scopes)),
      conditions: RuleConditions(
        arguments: random.happens(oneIn: 3) ? conditions() : nil, hours: random.happens(oneIn: 8) ? hours() : nil,
        rate: random.happens(oneIn: 8) ? .init(calls: random.number(1...3), perSeconds: 60) : nil))
  }

  private mutating func list<Entry>(of entries: [Entry], oneIn chance: Int = 5) -> [Entry]? {
    random.happens(oneIn: chance) ? random.few(of: entries) : nil
  }

  private mutating func conditions() -> [ArgumentCondition] {
    (0..<random.number(1...2)).map { _ in
      ArgumentCondition(pointer: random.element(of: Self.pointers), test: test())
    }
  }

  private mutating func test() -> ArgumentCondition.Test {
    switch random.number(0...6) {
    case 0: .equals(scalar())
    case 1: .notEquals(scalar())
    case 2: .oneOf((0..<random.number(1...3)).map { _ in scalar() })
    case 3: .prefix(random.element(of: ["SELECT ", "D", "caf\u{E9}", "5"]))
    case 4: .pattern(random.element(of: ["*", "SELECT *", "* t", "caf*"].map(Sample.glob)))
    case 5: .lessThan(random.element(of: Self.numbers))
    default: .greaterThan(random.element(of: Self.numbers))
    }
  }

  private mutating func scalar() -> JSONValue {
    switch random.number(0...5) {
    case 0: .null
    case 1: .bool(random.happens(oneIn: 2))
    case 2, 3: random.element(of: Self.numbers)
    default: .string(random.element(of: Self.texts))
    }
  }

  private mutating func hours() -> RuleHours {
    let ends = random.few(of: Self.times)
    return RuleHours(
      timeZone: random.element(of: Self.zones), days: list(of: RuleHours.Day.allCases, oneIn: 2),
      window: ends.count > 1 ? .init(from: ends[0], to: ends[1]) : nil)
  }

  mutating func question() -> Question {
    // Fixed for the question: a rule is asked about more than once.
    let used = random.happens(oneIn: 6) ? nil : random.number(0...3)
    return Question(
      organization: Sample.organization,
      subject: Question.Subject(
        user: random.happens(oneIn: 6) ? nil : random.element(of: Self.users),
        groups: random.happens(oneIn: 4) ? [] : random.few(of: Self.groups + ["other"]),
        role: random.element(of: Role.allCases),
        charm: random.happens(oneIn: 2) ? random.element(of: Self.charms) : nil,
        application: random.happens(oneIn: 2) ? random.element(of: Self.applications) : nil),
      resource: resource(), arguments: random.happens(oneIn: 4) ? nil : arguments(),
      now: Date(timeIntervalSince1970: Double(random.number(-100_000_000...2_000_000_000))),
      usage: RateUsage { _ in used })
  }

  private mutating func resource() -> Question.Resource {
    let integration = random.element(of: Self.integrations + [IntegrationID(rawValue: "int_x")])
    let server = random.element(of: Self.servers + [MCPServerID(rawValue: "mcp_x")])
    let through = random.happens(oneIn: 2) ? integration : nil
    let scopes: [String]? =
      switch random.number(0...4) {
      case 0: nil
      case 1: []
      default: random.few(of: Self.scopes + ["other"])
      }
    switch random.number(0...5) {
    case 0, 1: return .integration(integration, scopes: scopes)
    case 2: return .server(server, through: through, scopes: scopes)
    default: return .tool(tool(), of: server, through: through, scopes: scopes)
    }
  }

  private mutating func tool() -> Question.Tool {
    func hint(_ random: inout Random) -> Bool? { random.element(of: [nil, true, false]) }
    return Question.Tool(
      name: random.element(of: Self.tools + ["other"]),
      hints: ToolHints(readOnly: hint(&random), destructive: hint(&random), openWorld: hint(&random)))
  }

  private mutating func arguments() -> JSONValue {
    var members: [String: JSONValue] = [:]
    for name in ["q", "n", "a/b"] where !random.happens(oneIn: 5) { members[name] = scalar() }
    if random.happens(oneIn: 2) { members["o"] = ["p": scalar()] }
    if random.happens(oneIn: 2) { members["list"] = random.happens(oneIn: 4) ? [] : [scalar(), scalar()] }
    if random.happens(oneIn: 10) { members["q"] = ["inner": scalar()] }
    return .object(members)
  }
}
