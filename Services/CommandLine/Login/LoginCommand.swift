import ArgumentParser
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

  @OptionGroup var place: GatewayOptions

  @Option(help: "The host platform's id of the person, who is made a member when new.")
  var user = Self.localOwner

  @Option(
    help: "The most that the browser may do, and the person's role from now on: owner, admin or member.",
    transform: readRole)
  var role: Role?

  @Flag(help: "Print the link and its end as JSON.")
  var json = false

  func run() async throws {
    try await reportingFailures {
      let link = try await place.call().post(
        "/v1/sign-in-links", CreateSignInLink(user: .init(id: user), role: role), answer: SignInLink.self)
      if json { return try Output.json(link) }
      link.url.secret.expose { Output.line($0) }
    }
  }
}

private func readRole(_ text: String) throws -> Role {
  guard let role = Role(rawValue: text) else { throw ValidationError("It is owner, admin or member.") }
  return role
}
