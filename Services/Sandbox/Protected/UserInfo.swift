import Hummingbird

/// The UserInfo endpoint (OpenID Connect Core section 5.3).
struct UserInfoRoutes: Sendable {
  let access: BearerAccess
  let issuer: Issuer

  func add(to group: RouterGroup<SandboxContext>) {
    group.get("userinfo", use: show)
    group.post("userinfo", use: show)
  }

  @Sendable func show(_ request: Request, _ context: SandboxContext) throws -> Response {
    let facts = try access.person(for: request)
    return try .oauth(UserInfo(facts.person, scopes: facts.scopes, issuer: issuer))
  }
}

/// The claims that the scopes of the token open (OpenID Connect Core section 5.4).
struct UserInfo: Encodable, Sendable {
  var sub: String
  var name: String?
  var givenName: String?
  var familyName: String?
  var preferredUsername: String?
  var picture: String?
  var email: String?
  var emailVerified: Bool?

  init(_ person: Person, scopes: Set<Scope>, issuer: Issuer) {
    sub = person.id
    if scopes.contains(.profile) {
      name = person.name
      givenName = person.givenName
      familyName = person.familyName
      preferredUsername = person.id
      picture = issuer.address("people/\(person.id).svg")
    }
    if scopes.contains(.email) {
      email = person.email
      emailVerified = true
    }
  }
}
