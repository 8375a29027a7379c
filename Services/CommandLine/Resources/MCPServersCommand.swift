import ArgumentParser
import Foundation
import Model

enum MCPServerResource: GatewayResource {
  static let path = "/v1/mcp-servers"
  static let plural = "MCP servers"
  static let singular = "MCP server"
  static let columns = ["status", "slug", "name", "url"]
}

/// `lanyard mcp-servers`
struct MCPServersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mcp-servers", abstract: "Look after an organization's MCP servers.",
    subcommands: [
      ResourceListCommand<MCPServerResource>.self, ResourceShowCommand<MCPServerResource>.self, Create.self,
      ResourceDeleteCommand<MCPServerResource>.self,
    ])

  /// `lanyard mcp-servers create`
  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make an MCP server.",
      discussion: "Without --token-file, --integration and --oauth its calls carry no credential.")

    @Option(help: "Its name, as members see it.")
    var name: String

    @Option(help: "Its endpoint.")
    var url: String

    @Option(help: "A file with one token for everyone, for its user alone.")
    var tokenFile: String?

    @Option(help: "The Integration with whose Connections members use it, int_….")
    var integration: String?

    @Flag(help: "Members use it with Connections; how is found by its URL.")
    var oauth = false

    @Option(help: "A tool that is allowed. May be given several times; without any, all are.")
    var tool: [String] = []

    @OptionGroup var place: GatewayOptions

    func validate() throws {
      let ways = [tokenFile != nil, integration != nil, oauth].count { $0 }
      guard ways <= 1 else { throw ValidationError("Give one of --token-file, --integration and --oauth.") }
    }

    func run() async throws {
      try await reportingFailures {
        let request = CreateMCPServer(
          name: name, url: url, auth: try auth(), allowedTools: tool.isEmpty ? nil : tool)
        let made = try await place.call().post(MCPServerResource.path, request, answer: MCPServer.self)
        Output.line("created  \(made.id)  \(made.slug)")
      }
    }

    private func auth() throws -> MCPServerAuthInput {
      if let tokenFile {
        let token = try CommandFile.text(tokenFile, isPrivate: true).trimmingCharacters(in: .newlines)
        return MCPServerAuthInput(type: .staticToken, token: WireSecret(token))
      }
      guard let integration else { return MCPServerAuthInput(type: oauth ? .oauth : .none) }
      guard let id = IntegrationID(validating: integration) else {
        throw CommandFailure.configuration(["--integration must be an id that starts with int_"])
      }
      return MCPServerAuthInput(type: .oauth, integrationId: id)
    }
  }
}
