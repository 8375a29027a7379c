import Foundation
import Model
import Testing

@testable import GatewayKit

/// A Charm's form says what was changed on its page, and undoes nobody else's change.
@Suite struct CharmFormTests {
  private static let directory = ConsoleDirectory(
    members: [], integrations: [], servers: [], charms: [], applications: [])
  private static let (mail, chat) = (MCPServerID(rawValue: "mcp_mail"), MCPServerID(rawValue: "mcp_chat"))
  private static let (alpha, omega) = (MCPServerID(rawValue: "mcp_alpha"), MCPServerID(rawValue: "mcp_omega"))
  private static let stored = Charm(
    id: "c", name: "Finance",
    mcpServers: [.init(mcpServerId: mail, allowedTools: ["search", "send"]), .init(mcpServerId: chat)],
    createdAt: Date(timeIntervalSince1970: 1_700_000_000), updatedAt: Date(timeIntervalSince1970: 1_700_000_000.25))
  private static let version = "2023-11-14T22:13:20.250Z"
  /// The form of its page as it was shown.
  private static let shown = [
    "version": version, "name": "Finance", "access-mcp_mail": "some", "tools-mcp_mail": "search\r\nsend",
    "access-mcp_chat": "all", "tools-mcp_chat": "", "access-mcp_omega": "none", "tools-mcp_omega": "",
    "access-mcp_alpha": "none", "tools-mcp_alpha": "",
  ]

  private static func update(_ filled: [String: String]) throws -> UpdateCharm {
    try CharmForm(FormFields(filled: shown.merging(filled) { $1 })).update(of: stored, directory)
  }

  @Test func aListThatWasNotChangedIsNotSent() throws {
    let update = try Self.update(["name": "Accounting"])
    #expect(update.name == "Accounting" && update.mcpServers == nil)
  }

  @Test func serversStayInTheirOrderAndNewOnesComeAfterThem() throws {
    let update = try Self.update([
      "tools-mcp_mail": "search", "access-mcp_omega": "all", "access-mcp_alpha": "some", "tools-mcp_alpha": "",
    ])
    let expected: [Charm.Server] = [
      .init(mcpServerId: Self.mail, allowedTools: ["search"]), .init(mcpServerId: Self.chat),
      .init(mcpServerId: Self.alpha, allowedTools: []), .init(mcpServerId: Self.omega),
    ]
    #expect(update.mcpServers == expected)
    let without = try Self.update(["access-mcp_mail": "none", "tools-mcp_mail": ""])
    #expect(without.mcpServers == [Charm.Server(mcpServerId: Self.chat)])
  }

  @Test(arguments: ["2023-11-14T22:13:20.249Z", ""]) func aPageThatIsOlderThanTheCharmChangesNothing(
    version: String
  ) throws {
    let error = #expect(throws: ServiceError.self) { try Self.update(["version": version, "name": "Accounting"]) }
    #expect(error?.code == .conflict)
  }

  @Test func thePageCarriesTheVersionThatItShows() {
    let page = CharmPage("c", CharmForm(Self.stored), Self.directory, problem: nil, csrfToken: "")
    #expect(page.version == Self.version)
  }
}
