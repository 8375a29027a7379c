import ArgumentParser
import Model

enum CharmResource: GatewayResource {
  static let path = "/v1/charms"
  static let plural = "Charms"
  static let singular = "Charm"
  static let columns = ["name"]
}

/// `lanyard charms`
struct CharmsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "charms", abstract: "Look after an organization's Charms.",
    subcommands: [
      ResourceListCommand<CharmResource>.self, ResourceShowCommand<CharmResource>.self, Create.self,
      ResourceDeleteCommand<CharmResource>.self,
    ])

  /// `lanyard charms create`
  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make a Charm.")

    @Option(help: "Its name, as members see it.")
    var name: String

    @Option(help: "The host platform's id for it; one of ours when absent.")
    var id: String?

    @Option(help: "An MCP server that it has, mcp_…. May be given several times.")
    var mcpServer: [String] = []

    @OptionGroup var place: GatewayOptions

    func run() async throws {
      try await reportingFailures {
        let servers = try mcpServer.map { text in
          guard let server = MCPServerID(validating: text) else {
            throw CommandFailure.configuration(["--mcp-server must be an id that starts with mcp_"])
          }
          return Charm.Server(mcpServerId: server)
        }
        let made = try await place.call().post(
          CharmResource.path, CreateCharm(id: id, name: name, mcpServers: servers), answer: Charm.self)
        Output.line("created  \(made.id)")
      }
    }
  }
}
