import HTTPTypes
import Hummingbird
import MCP
import Model

/// Lets callers in at the three doors.
struct MCPAccess: Sendable {
  let tokens: TokenStore
  let issuer: Issuer
  let discovery: LiveDiscovery
  let staticToken: StaticTokenDoor

  /// What a token must be good for, whatever it is used for here.
  static let scope = Scope.profile

  /// The resource that tokens for `/mcp` are asked for.
  var resource: String { issuer.address(MCPDoor.oauth.path) }

  /// Where the resource describes itself (RFC 9728 section 3.1).
  var metadataAddress: String { issuer.address(".well-known/oauth-protected-resource/\(MCPDoor.oauth.path)") }

  func caller(at door: MCPDoor, _ request: Request) throws(MCPRefusal) -> MCPCaller {
    switch door {
    case .oauth: try person(request)
    case .staticToken: try holder(request)
    case .open: MCPCaller(door: .open, token: request.bearerToken.map { Secret($0) })
    }
  }

  /// The refusal of a call that needs a scope which the token lacks: it names all that the call needs (step-up).
  func lacks(_ scope: Scope) -> MCPRefusal {
    .forbidden(
      BearerChallenge(
        resourceMetadata: metadataAddress, scope: Set([Self.scope, scope]).text,
        error: BearerChallenge.insufficientScope, errorDescription: "The access token lacks a scope."))
  }

  private func person(_ request: Request) throws(MCPRefusal) -> MCPCaller {
    guard let token = request.bearerToken else { throw unauthorized() }
    guard let known = tokens.facts(token), known.kind == .access else {
      throw unauthorized("The access token is unknown, expired or revoked.")
    }
    let resources = known.facts.resources
    guard resources.isEmpty || resources.contains(where: { $0.text == resource }) else {
      throw unauthorized("The access token is for another resource.")
    }
    guard known.facts.scopes.contains(Self.scope) else { throw lacks(Self.scope) }
    return MCPCaller(
      door: .oauth, person: known.facts.person, clientID: known.facts.clientID, scopes: known.facts.scopes,
      token: Secret(token))
  }

  private func holder(_ request: Request) throws(MCPRefusal) -> MCPCaller {
    guard let name = HTTPField.Name(staticToken.header), let expected = staticToken.token,
      let token = request.headers[name].flatMap({ staticToken.token(in: $0) }), Fingerprint(of: token) == expected
    else { throw .unauthorized(BearerChallenge()) }
    return MCPCaller(door: .staticToken, token: Secret(token))
  }

  /// Without a token nothing is wrong yet, so nothing is called an error (RFC 6750 section 3.1).
  private func unauthorized(_ problem: String? = nil) -> MCPRefusal {
    let policy = discovery.current
    return .unauthorized(
      BearerChallenge(
        resourceMetadata: policy.challengeNamesMetadata ? metadataAddress : nil,
        scope: policy.challengeNamesScope ? Self.scope.rawValue : nil,
        error: problem.map { _ in BearerChallenge.invalidToken }, errorDescription: problem))
  }
}
