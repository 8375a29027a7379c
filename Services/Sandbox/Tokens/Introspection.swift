import FoundationEssentials
import HTTPTypes
import Hummingbird

/// Token introspection (RFC 7662), so that a test can ask whether a token lives without using it.
struct IntrospectionRoutes: Sendable {
  let authentication: ClientAuthentication
  let tokens: TokenStore
  let issuer: Issuer

  func add(to group: RouterGroup<SandboxContext>) { group.post("introspect", use: introspect) }

  @Sendable func introspect(_ request: Request, _ context: SandboxContext) throws -> Response {
    let client = try authentication.client(authorization: request.headers[.authorization], form: context.form)
    let known = tokens.facts(try context.form.required("token"))
    guard let known, known.facts.clientID == client.id else { return try .oauth(Introspection(active: false)) }
    return try .oauth(Introspection(known.facts, kind: known.kind, issuer: issuer.url))
  }
}

/// The answer of RFC 7662 section 2.2. Another client's token is as unknown as none.
struct Introspection: Encodable, Sendable {
  var active: Bool
  var clientId: String?
  var sub: String?
  var username: String?
  var scope: String?
  var tokenType: String?
  var iss: String?
  var aud: [String]?
  var iat: Int?
  var exp: Int?
}

extension Introspection {
  init(_ facts: TokenState.Facts, kind: TokenMint.Kind, issuer: String) {
    self.init(
      active: true, clientId: facts.clientID, sub: facts.person.id, username: facts.person.name,
      scope: facts.scopes.text, tokenType: kind == .access ? "Bearer" : "refresh_token", iss: issuer,
      aud: facts.resources.isEmpty ? nil : facts.resources.map(\.text).sorted(),
      iat: Int(facts.issuedAt.timeIntervalSince1970), exp: facts.expiresAt.map { Int($0.timeIntervalSince1970) })
  }
}
