import Hummingbird

/// What time and people do to tokens, done at once: expiry, and removal of the application. And how many live.
struct AdminTokenRoutes: Sendable {
  let tokens: TokenStore
  let journeys: JourneyStore

  struct Selection: Decodable {
    /// Nil means everyone.
    var person: String?
  }

  struct Affected: Codable { var affected: Int }

  func add(to group: RouterGroup<SandboxContext>) {
    group.get("tokens", use: tally)
    group.post("tokens/expire", use: expire)
    group.post("tokens/revoke", use: revoke)
  }

  @Sendable func tally(_ request: Request, _ context: SandboxContext) throws -> Response {
    try .admin(tokens.tally())
  }

  @Sendable func expire(_ request: Request, _ context: SandboxContext) async throws -> Response {
    let person = try await selection(request)
    return try .admin(Affected(affected: tokens.expireAccess(of: person)))
  }

  @Sendable func revoke(_ request: Request, _ context: SandboxContext) async throws -> Response {
    let person = try await selection(request)
    journeys.forgetConsents(of: person)
    return try .admin(Affected(affected: tokens.revokeFamilies(of: person)))
  }

  private func selection(_ request: Request) async throws -> Person? {
    guard let id = try await request.strictBody(Selection.self).person else { return nil }
    guard let person = Person.find(id) else { throw OAuthError(.notFound, "There is no such person here.") }
    return person
  }
}
