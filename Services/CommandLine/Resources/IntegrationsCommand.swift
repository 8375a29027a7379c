import ArgumentParser
import Foundation
import Model

enum IntegrationResource: GatewayResource {
  static let path = "/v1/integrations"
  static let plural = "Integrations"
  static let singular = "Integration"
  static let columns = ["status", "provider", "name"]
}

/// `lanyard integrations`
struct IntegrationsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "integrations", abstract: "Look after an organization's Integrations.",
    subcommands: [
      ResourceListCommand<IntegrationResource>.self, ResourceShowCommand<IntegrationResource>.self, Create.self,
      ResourceDeleteCommand<IntegrationResource>.self,
    ])

  /// `lanyard integrations create`
  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make an Integration with a provider of the catalogue, or with a server known by its issuer.")

    @Option(help: "Its name, as members see it.")
    var name: String

    @Option(help: "The catalogue's id of the provider; custom with --issuer.")
    var provider = "custom"

    @Option(help: "The issuer of a server that is not in the catalogue.")
    var issuer: String?

    @Option(help: "The client id that the provider gave.")
    var clientId: String

    @Option(help: "A file with the client secret, for its user alone. Absent for a public client.")
    var clientSecretFile: String?

    @Option(help: "A default scope. May be given several times.")
    var scope: [String] = []

    @OptionGroup var place: GatewayOptions

    func run() async throws {
      try await reportingFailures {
        let secret = try clientSecretFile.map {
          WireSecret(try CommandFile.text($0, isPrivate: true).trimmingCharacters(in: .newlines))
        }
        let request = CreateIntegration(
          name: name, provider: provider, clientId: clientId, clientSecret: secret,
          defaultScopes: scope.isEmpty ? nil : scope,
          custom: issuer.map { CustomProvider(providerUrl: $0, issuer: $0) })
        let made = try await place.call().post(IntegrationResource.path, request, answer: Integration.self)
        Output.line("created  \(made.id)  redirect URI \(made.redirectUri)")
      }
    }
  }
}
