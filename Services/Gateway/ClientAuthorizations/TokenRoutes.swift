import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import ServiceKit

/// `POST /oauth/token` and `POST /oauth/revoke`. Clients have no secret: a code is proved by PKCE, a refresh token by being the
/// newest one.
struct TokenRoutes: Sendable {
  /// Characters of a code verifier (RFC 7636 section 4.1).
  private static let verifierLength = 43...128

  let peers: PeerClients
  let resources: MCPResources
  let callerAddress: CallerAddress
  /// Codes and tokens that were refused, by network address: each costs the policy service a look into its database.
  let refusals: RateLimiter<String>

  func add(to router: ServiceRouter) {
    router.post("/oauth/token", use: OAuthEndpoint.answer(token))
    router.post("/oauth/revoke", use: OAuthEndpoint.answer(revoke))
  }

  @Sendable private func token(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let address = callerAddress.text(request, context)
    try refusals.require(address)
    let form = try await OAuthEndpoint.form(request, context)
    let clientId = try Self.client(form, request)
    let answer =
      switch form["grant_type"] {
      case "authorization_code": try await peers.call(ClientTokenEndpoints.redeem, try redemption(form, clientId))
      case "refresh_token": try await peers.call(ClientTokenEndpoints.refresh, try refresh(form, clientId))
      default:
        throw OAuthRefusal(.unsupportedGrantType, "grant_type must be authorization_code or refresh_token.")
      }
    guard let tokens = answer.tokens else {
      try refusals.take(address)
      throw answer.refusal == .invalidTarget ? OAuthRefusal.otherResource : OAuthRefusal.unusableGrant
    }
    return try Self.response(tokens)
  }

  /// Always the same answer for a token that is not the client's, or no token at all (RFC 7009 section 2.2).
  @Sendable private func revoke(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let address = callerAddress.text(request, context)
    try refusals.require(address)
    let form = try await OAuthEndpoint.form(request, context)
    let clientId = try Self.client(form, request)
    let token = try Self.required("token", form)
    _ = try await peers.call(
      ClientTokenEndpoints.revoke,
      RevokeClientToken(credential: CredentialDigest(of: Secret(token)).onTheWire, clientId: clientId))
    return Response(status: .ok, headers: [.cacheControl: "no-store"])
  }

  private func redemption(_ form: OAuthParameters, _ clientId: String) throws -> RedeemClientCode {
    let code = try Self.required("code", form)
    let verifier = try Self.required("code_verifier", form)
    guard Self.verifierLength.contains(verifier.utf8.count) else {
      throw OAuthRefusal(.invalidGrant, "code_verifier must have 43 to 128 characters.")
    }
    let challenge = RandomText.base64URL(SHA256.hash(data: Array(verifier.utf8)))
    return RedeemClientCode(
      credential: CredentialDigest(of: Secret(code)).onTheWire, clientId: clientId,
      redirectUri: try Self.required("redirect_uri", form), codeChallenge: challenge, target: try target(form))
  }

  private func refresh(_ form: OAuthParameters, _ clientId: String) throws -> RefreshClientTokens {
    let token = try Self.required("refresh_token", form)
    return RefreshClientTokens(
      credential: CredentialDigest(of: Secret(token)).onTheWire, clientId: clientId, target: try target(form))
  }

  private func target(_ form: OAuthParameters) throws -> ClientTokenTarget? {
    guard let resource = form["resource"] else { return nil }
    guard let target = resources.target(of: resource) else { throw OAuthRefusal.otherResource }
    return target
  }

  private static func client(_ form: OAuthParameters, _ request: Request) throws -> String {
    guard request.headers[.authorization] == nil, form["client_secret"] == nil, form["client_assertion"] == nil else {
      throw OAuthRefusal(.invalidClient, "Clients have no secret here: send client_id alone.")
    }
    return try required("client_id", form)
  }

  private static func required(_ name: String, _ form: OAuthParameters) throws -> String {
    guard let value = form[name] else { throw OAuthRefusal(.invalidRequest, "The parameter \(name) is missing.") }
    return value
  }

  /// RFC 6749 section 5.1.
  private struct Document: Encodable {
    var accessToken: WireSecret
    var tokenType = "Bearer"
    var expiresIn: Int
    var refreshToken: WireSecret

    enum CodingKeys: String, CodingKey {
      case accessToken = "access_token"
      case tokenType = "token_type"
      case expiresIn = "expires_in"
      case refreshToken = "refresh_token"
    }
  }

  private static func response(_ tokens: ClientTokenAnswer.Tokens) throws -> Response {
    let document = Document(
      accessToken: tokens.accessToken, expiresIn: max(0, Int(tokens.expiresAt.timeIntervalSinceNow.rounded())),
      refreshToken: tokens.refreshToken)
    return Response(
      status: .ok, headers: OAuthRefusal.headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try WireJSON.encode(document))))
  }
}

extension OAuthRefusal {
  /// The same for every reason.
  fileprivate static let unusableGrant = OAuthRefusal(
    .invalidGrant, "It is unknown, was used, is over, or was made for something else. Authorize again.")

  /// RFC 8707 section 2.
  fileprivate static let otherResource = OAuthRefusal(
    .invalidTarget, "resource must be the exact address of the MCP endpoint that was authorized.")
}
