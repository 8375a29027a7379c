import ArgumentParser
import Model

enum ConnectionResource: GatewayResource {
  static let path = "/v1/connections"
  static let plural = "Connections"
  static let singular = "Connection"
  static let columns = ["status", "userId", "provider", "displayIdentifier", "applicationName"]
}

/// `lanyard connections`
struct ConnectionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "connections", abstract: "Look after the Connections of an organization's members. No tokens.",
    subcommands: [List.self, ResourceShowCommand<ConnectionResource>.self, Revoke.self])

  /// `lanyard connections list`
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the Connections, newest first.")

    @Option(help: "Only of this member, usr_….")
    var user: String?

    @Option(help: "Only of this Integration, int_….")
    var integration: String?

    @Option(help: "Only in this state.", transform: readStatus)
    var status: Connection.Status?

    @OptionGroup var place: GatewayOptions

    @Flag(help: "Print them as JSON, whole.")
    var json = false

    func run() async throws {
      try await reportingFailures {
        let query = [
          try user.map { "userId=\(try Self.id("--user", $0, of: UserKind.self))" },
          try integration.map { "integrationId=\(try Self.id("--integration", $0, of: IntegrationKind.self))" },
          status.map { "status=\($0.rawValue)" },
        ]
        let items = try await place.call().everything(
          ConnectionResource.path, query: query.compactMap(\.self), of: JSONValue.self)
        try ResourceListCommand<ConnectionResource>.write(items, json: json)
      }
    }

    private static func id<Kind: IdentifiedKind>(
      _ option: String, _ text: String, of kind: Kind.Type
    ) throws -> Identifier<Kind> {
      guard let id = Identifier<Kind>(validating: text) else {
        throw CommandFailure.configuration(["\(option) must be an id that starts with \(Kind.prefix)_"])
      }
      return id
    }
  }

  /// `lanyard connections revoke`
  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Revoke a Connection: nobody gets its tokens from now on, and the provider is told.")

    @Argument(help: "Its id.")
    var id: String

    @OptionGroup var place: GatewayOptions

    func run() async throws {
      try await reportingFailures {
        let started = try await place.call().delete(
          ConnectionResource.address(of: id), answer: StartedRevocation.self)
        Output.line("revoking  \(id)  \(started.id)")
      }
    }
  }
}

private func readStatus(_ text: String) throws -> Connection.Status {
  guard let status = Connection.Status(rawValue: text) else {
    let words = Connection.Status.allCases.map(\.rawValue).joined(separator: ", ")
    throw ValidationError("It is one of \(words).")
  }
  return status
}
