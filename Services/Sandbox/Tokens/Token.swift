import FoundationEssentials
import HTTPTypes
import Hummingbird

/// The token endpoint (RFC 6749 section 3.2).
struct TokenRoutes: Sendable {
  let authentication: ClientAuthentication
  let exchange: TokenExchange

  func add(to group: RouterGroup<SandboxContext>) { group.post("token", use: token) }

  @Sendable func token(_ request: Request, _ context: SandboxContext) throws -> Response {
    let client = try authentication.client(authorization: request.headers[.authorization], form: context.form)
    return try .oauth(try exchange.reply(to: context.form, from: client))
  }
}

/// Turns a code or a refresh token into tokens.
struct TokenExchange: Sendable {
  let tokens: TokenStore
  let signer: IDTokenSigner

  func reply(to form: FormFields, from client: Client) throws -> TokenReply {
    switch GrantType(rawValue: try form.required("grant_type")) {
    case .authorizationCode: try redeem(form, client)
    case .refreshToken: try refresh(form, client)
    case nil: throw OAuthError(.unsupportedGrantType, "Use authorization_code or refresh_token.")
    }
  }

  private func redeem(_ form: FormFields, _ client: Client) throws -> TokenReply {
    let grant = try tokens.redeem(
      try form.required("code"), by: client, verifier: form["code_verifier"], redirectURI: form["redirect_uri"],
      resources: try Set(form))
    let idToken = grant.family.scopes.contains(.openid) ? try signer.idToken(for: grant) : nil
    return tokens.reply(to: grant, idToken: idToken)
  }

  private func refresh(_ form: FormFields, _ client: Client) throws -> TokenReply {
    let scopes: Set<Scope>? = if let text = form["scope"] { try Set(parsing: text) } else { nil }
    let grant = try tokens.refresh(
      try form.required("refresh_token"), by: client, scopes: scopes, resources: try Set(form))
    return tokens.reply(to: grant, idToken: nil)
  }
}
