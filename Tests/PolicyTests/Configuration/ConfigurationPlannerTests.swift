import Foundation
import Model
import Testing

@testable import PolicyKit

/// What a document makes of an organization, without either.
@Suite("Plans of configurations")
struct ConfigurationPlannerTests {
  typealias Kind = PlannedOrganization.Kind

  @Test(arguments: Kind.allCases) func whatIsNewIsCreatedAndTheSameAgainChangesNothing(_ kind: Kind) throws {
    var organization = try PlannedOrganization()
    let first = try organization.apply(kind.document("B", "A"))
    #expect(first.names == [["B", "A"], [], [], []] && first.created.allSatisfy { $0.kind.rawValue == kind.rawValue })
    #expect(try organization.apply(kind.document("A", "B"), prune: true).names == [[], [], ["A", "B"], []])
  }

  @Test(arguments: Kind.allCases) func whatDiffersIsChangedAndKeepsItsId(_ kind: Kind) throws {
    var organization = try PlannedOrganization()
    let made = try organization.apply(kind.document("A", "B")).created
    let report = try organization.apply(kind.document("A", isChanged: true))
    #expect(report.names == [[], ["A"], [], []])
    #expect(report.changed.map(\.fields) == [[kind.changedField]] && report.changed.first?.id == made.first?.id)
    #expect(try organization.apply(kind.document("A", isChanged: true)).names == [[], [], ["A"], []])
  }

  @Test(arguments: Kind.allCases) func onlyPruningDeletesAndOnlyWhatAListIsThereFor(_ kind: Kind) throws {
    var organization = try PlannedOrganization()
    try organization.apply(kind.document("A", "B", "C"))
    #expect(try organization.apply(kind.document("A")).names == [[], [], ["A"], []])
    #expect(try organization.apply(ConfigurationDocument(), prune: true).names == [[], [], [], []])
    let report = try organization.apply(kind.document("A"), prune: true)
    #expect(report.names[2] == ["A"] && Set(report.names[3]) == ["B", "C"])
    #expect(try organization.apply(kind.document("A"), prune: true).names == [[], [], ["A"], []])
    #expect(try organization.apply(kind.document(), prune: true).names == [[], [], [], ["A"]])
  }

  @Test(arguments: Kind.allCases) func aNameIsThereOnce(_ kind: Kind) throws {
    let organization = try PlannedOrganization()
    let place = "/configuration/\(kind.list)/1/\(kind.key)"
    #expect(organization.problems(kind.document("A", "A", "B")) == [place])
  }

  /// Charms and Applications have ids, which no two share.
  @Test(arguments: [Kind.integration, .mcpServer, .rule]) func ofStoredThingsWithOneNameNoneIsMeant(_ kind: Kind) throws
  {
    var (organization, other) = (try PlannedOrganization(), try PlannedOrganization())
    try organization.apply(kind.document("A", "B"))
    try other.apply(kind.document("A"))
    organization.state.integrations += other.state.integrations
    organization.state.servers += other.state.servers
    organization.state.rules += other.state.rules
    #expect(organization.problems(kind.document("A")) == ["/configuration/\(kind.list)/0/name"])
    #expect(organization.problems(kind.document("B")) == [])
  }

  @Test func theDefaultIsChangedWhereItIsSpokenOf() throws {
    var organization = try PlannedOrganization()
    let same = try organization.apply(ConfigurationDocument(defaultEffect: .allow))
    #expect(same.names == [[], [], ["defaultEffect"], []])
    let report = try organization.apply(ConfigurationDocument(defaultEffect: .deny))
    #expect(report.changed.map(\.fields) == [["defaultEffect"]] && organization.state.defaultEffect == .deny)
    #expect(try organization.apply(ConfigurationDocument(), prune: true).names == [[], [], [], []])
  }

  // MARK: References

  private static let server = ConfigurationDocument.MCPServer(
    name: "Mail", url: PlannedOrganization.url, auth: .init(type: .oauth, integration: "GitHub"))
  private static let charm = ConfigurationDocument.Charm(
    id: "helper", name: "Helper", mcpServers: [.init(mcpServer: "Mail")])
  private static let rule: JSONValue = [
    "name": "R", "effect": "deny", "resources": ["mcpServers": ["Mail"], "integrations": ["GitHub"]],
  ]

  /// Everything, each thing naming the one before.
  private static var full: ConfigurationDocument {
    var document = Kind.integration.document("GitHub")
    (document.mcpServers, document.charms, document.rules) = ([server], [charm], [rule])
    return document
  }

  @Test func thingsOfOneDocumentNameEachOther() throws {
    var organization = try PlannedOrganization()
    let report = try organization.apply(Self.full)
    #expect(report.created.map(\.kind) == [.integration, .mcpServer, .charm, .rule])
    let state = organization.state
    let (integration, server) = (try #require(state.integrations.first), try #require(state.servers.first))
    #expect(server.auth.integrationId == integration.id)
    #expect(state.charms.first?.mcpServers.map(\.mcpServerId) == [server.id])
    #expect(state.rules.first?.draft.resources.mcpServers == [server.id])
    #expect(state.rules.first?.draft.resources.integrations == [integration.id])
    #expect(try organization.apply(Self.full, prune: true).isEmpty)
  }

  @Test func whatADocumentDoesNotSpeakOfIsThereToBeNamed() throws {
    var organization = try PlannedOrganization()
    try organization.apply(Self.full)
    #expect(organization.problems(ConfigurationDocument(mcpServers: [Self.server]), prune: true) == [])
    #expect(organization.problems(ConfigurationDocument(charms: [Self.charm], rules: [Self.rule]), prune: true) == [])
  }

  @Test func anUnknownNameIsAProblemAtItsPlace() throws {
    let organization = try PlannedOrganization()
    let user: JSONValue = ["name": "U", "effect": "deny", "subjects": ["users": ["nobody"]]]
    let places: [(ConfigurationDocument, [String])] = [
      (ConfigurationDocument(mcpServers: [Self.server]), ["/configuration/mcpServers/0/auth/integration"]),
      (ConfigurationDocument(charms: [Self.charm]), ["/configuration/charms/0/mcpServers/0/mcpServer"]),
      (
        ConfigurationDocument(rules: [Self.rule, user]),
        [
          "/configuration/rules/0/resources/integrations/0", "/configuration/rules/0/resources/mcpServers/0",
          "/configuration/rules/1/subjects/users/0",
        ]
      ),
    ]
    for (document, expected) in places { #expect(organization.problems(document).sorted() == expected) }
  }

  @Test(arguments: [".", ".."]) func anIdThatNoAddressCanNameIsAProblem(id: String) throws {
    let document = ConfigurationDocument(
      charms: [.init(id: id, name: "Finance", mcpServers: [])], applications: [.init(id: id, state: .blocked)])
    let places = ["/configuration/applications/0/id", "/configuration/charms/0/id"]
    #expect(try PlannedOrganization().problems(document).sorted() == places)
  }

  @Test func whatIsPrunedIsNotNamedAnyMore() throws {
    var organization = try PlannedOrganization()
    try organization.apply(Self.full)
    let charm = ConfigurationDocument(mcpServers: [], charms: [Self.charm])
    #expect(organization.problems(charm, prune: true) == ["/configuration/charms/0/mcpServers/0/mcpServer"])
    #expect(organization.problems(charm) == [])
    let integrations = ConfigurationDocument(integrations: [])
    #expect(organization.problems(integrations, prune: true) == ["/configuration/integrations"], "the server uses it")
    let both = ConfigurationDocument(integrations: [], mcpServers: [], charms: [], rules: [])
    #expect(
      try organization.apply(both, prune: true).deleted.map(\.kind) == [.integration, .mcpServer, .charm, .rule])
  }

  // MARK: Secrets

  @Test func aSecretIsNeededForWhatIsNewAndReplacedOnlyWhereThatIsSaid() throws {
    var organization = try PlannedOrganization()
    let document = Kind.integration.document("GitHub")
    let place = "/configuration/integrations/0/clientSecret/secretRef"
    #expect(throws: RuleProblems.self) { try organization.plan(document, secrets: [:]) }
    #expect(try organization.plan(document, dryRun: true, secrets: [:]).missingSecrets.map(\.place.rawValue) == [place])
    #expect(try organization.plan(document).secrets.map(\.isFirst) == [true])
    try organization.apply(document)
    #expect(try organization.plan(document).secrets.isEmpty)
    let replaced = try organization.plan(document, replaces: ["secret"])
    #expect(replaced.secrets.map(\.isFirst) == [false])
    #expect(replaced.integrations.changed.map(\.fields) == [["clientSecret"]])
    let stray = ["secret": WireSecret("x"), "stray": WireSecret("y")]
    #expect(throws: RuleProblems.self) { try organization.plan(document, secrets: stray) }
  }
}
