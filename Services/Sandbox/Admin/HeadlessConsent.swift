import Hummingbird

/// Consent without a browser: an authorization URL and a person in, the way back to the client out.
struct HeadlessConsentRoutes: Sendable {
  let flow: AuthorizationFlow
  let documents: ClientDocuments

  struct Decision: Decodable {
    enum Answer: String, Decodable { case approve, deny }

    var url: String
    var person: String
    /// Approve, unless said otherwise.
    var decision: Answer?
    /// What the person leaves ticked. Everything, unless said otherwise.
    var scopes: [Scope]?
  }

  struct Outcome: Codable { var redirectUrl: String }

  func add(to group: RouterGroup<SandboxContext>) { group.post("authorize", use: decide) }

  @Sendable func decide(_ request: Request, _ context: SandboxContext) async throws -> Response {
    let decision = try await request.strictBody(Decision.self)
    return try .admin(Outcome(redirectUrl: try await carryOut(decision)))
  }

  private func carryOut(_ decision: Decision) async throws -> String {
    guard let person = Person.find(decision.person) else {
      throw OAuthError(.notFound, "There is no such person here.")
    }
    guard let query = decision.url.split(separator: "?", maxSplits: 1).dropFirst().first else {
      throw OAuthError(.invalidRequest, "url must be an authorization URL with its query.")
    }
    let form = FormFields(query)
    await documents.load(for: form)
    return try flow.decide(
      form, as: person, approves: decision.decision != .deny, scopes: decision.scopes.map { Set($0) })
  }
}
