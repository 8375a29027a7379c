import HTTPTypes
import Hummingbird

/// Token revocation (RFC 7009). A token that is unknown or over answers 200 like any other.
struct RevocationRoutes: Sendable {
  let authentication: ClientAuthentication
  let tokens: TokenStore

  func add(to group: RouterGroup<SandboxContext>) { group.post("revoke", use: revoke) }

  @Sendable func revoke(_ request: Request, _ context: SandboxContext) throws -> Response {
    let client = try authentication.client(authorization: request.headers[.authorization], form: context.form)
    try tokens.revoke(try context.form.required("token"), by: client)
    return Response(status: .ok, headers: [.cacheControl: "no-store"])
  }
}
