import ArgumentParser
import Foundation
import Model

/// `lanyard login`: a one-time link with which somebody signs in to the console.
struct LoginCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "login", abstract: "Print a one-time link that signs a browser in to the console.",
    discussion: """
      Without options it asks the local stack of the current directory, for its owner. Whoever opens the link first is signed in.
      """)

  /// Who the local stack's owner is to its host platform.
  private static let localOwner = "owner"

  @Option(help: "The gateway's address, such as https://lanyard.example.com.")
  var gateway: String?

  @Option(help: "A file with an API key of the organization, for its user alone.")
  var apiKeyFile: String?

  @Option(help: "The local stack's file, which holds both.")
  var stack = ".lanyard/stack.json"

  @Option(help: "The host platform's id of the person, who is made a member when new.")
  var user = Self.localOwner

  @Option(
    help: "The most that the browser may do, and the person's role from now on: owner, admin or member.",
    transform: readRole)
  var role: Role?

  @Flag(help: "Print the link and its end as JSON.")
  var json = false

  /// What is read of the stack's file.
  private struct StackFile: Decodable {
    var gatewayUrl: String
    var apiKey: WireSecret
  }

  func validate() throws {
    guard (gateway == nil) == (apiKeyFile == nil) else {
      throw ValidationError("Give --gateway and --api-key-file together, or neither for the local stack.")
    }
  }

  func run() async throws {
    try await reportingFailures {
      let (gateway, key) = try place()
      let link = try await GatewayCall(gateway: gateway, key: key).post(
        "/v1/sign-in-links", CreateSignInLink(user: .init(id: user), role: role), answer: SignInLink.self)
      if json { return try Output.json(link) }
      link.url.secret.expose { Output.line($0) }
    }
  }

  private func place() throws -> (gateway: String, key: Secret<String>) {
    if let gateway, let apiKeyFile {
      let key = try CommandFile.text(apiKeyFile, isPrivate: true).trimmingCharacters(in: .whitespacesAndNewlines)
      return (gateway, Secret(key))
    }
    let text = try CommandFile.text(stack, isPrivate: true)
    guard let file = try? JSONDecoder().decode(StackFile.self, from: Data(text.utf8)) else {
      throw CommandFailure.configuration([
        "\(stack) is not the file of a local stack; give --gateway and --api-key-file"
      ])
    }
    return (file.gatewayUrl, file.apiKey.secret)
  }
}

private func readRole(_ text: String) throws -> Role {
  guard let role = Role(rawValue: text) else { throw ValidationError("It is owner, admin or member.") }
  return role
}
