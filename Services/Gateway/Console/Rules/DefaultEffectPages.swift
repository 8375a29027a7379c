import Hummingbird
import Model
import ServiceKit

/// The owner's page about what holds where no rule speaks: what would be different if it were the other way round, and the button for it.
struct DefaultEffectPages: Sendable {
  /// What the token of its form is made for.
  private static let form = "rule-default"

  let peers: PeerClients
  let directories: ConsoleDirectoryReader
  let previews: RulePreviews
  let gate: ConsoleGate
  let forms: ConsoleForms

  func add(to router: ServiceRouter) {
    let page = forms.responder.page
    router.get("/console/rules/default", use: page(show))
    router.post("/console/rules/default", use: page(change))
  }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .defaultEffect)
    return try await page(request, for: person)
  }

  /// Turns round what its reader has seen; what somebody has turned round meanwhile stays.
  @Sendable private func change(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .defaultEffect)
    return try await forms.submit(request, context, Self.form) { fields in
      guard let seen = fields[RuleSubmission.versionField].flatMap(Decision.Effect.init(rawValue:)) else {
        throw RuleSubmission.incomplete
      }
      guard try await effect(for: person) == seen else {
        throw ServiceError(.conflict, "Somebody has changed it meanwhile. This is what holds now.")
      }
      let wish = UpdateOrganization(defaultEffect: seen.opposite)
      _ = try await peers.call(OrganizationEndpoints.update, person.asking(wish))
      return .rules
    } refused: { _, refusal in
      try await page(request, for: person, refusal)
    }
  }

  private func page(
    _ request: Request, for person: CallerIdentity, _ refusal: ConsoleForms.Refusal? = nil
  ) async throws -> Response {
    let directory = try await directories.read(for: person)
    return try await previews.page(
      ofChanging: try await effect(for: person), Self.form, directory, cursor: request.cursor, request, for: person,
      refusal)
  }

  private func effect(for person: CallerIdentity) async throws -> Decision.Effect {
    try await peers.call(OrganizationEndpoints.show, person.asking(Empty())).defaultEffect
  }
}
