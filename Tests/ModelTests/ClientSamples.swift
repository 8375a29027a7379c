import Model

/// MCP clients, what people let them do, and agent runtimes on the wire.
extension WireSamples {
  private static let clientRequest = ClientRequest(
    clientId: "https://client.example/c.json", kind: .document, redirectUri: "https://client.example/cb",
    mcpServerId: server)

  static let clients: [WireSample] = [
    WireSample("RegisterClient", RegisterClient(name: "Editor", redirectUris: ["http://127.0.0.1:7/cb"])),
    WireSample(
      "RegisteredClient",
      RegisteredClient(
        id: RegisteredClientID(rawValue: "mcl_1"), name: "Editor", redirectUris: ["http://127.0.0.1:7/cb"],
        createdAt: time)),
    WireSample(
      "ClientAuthorization",
      ClientAuthorization(
        id: ClientAuthorizationID(rawValue: "cla_1"), clientId: "https://client.example/c.json", clientName: "Editor",
        redirectUri: "https://client.example/cb", mcpServerId: server, createdAt: time, lastUsedAt: time)),
    WireSample("ClientRequest", clientRequest),
    WireSample("ClientRequestReview", ClientRequestReview(servers: ["Mail"], isRemembered: true)),
    WireSample(
      "AuthorizeClient", AuthorizeClient(request: clientRequest, clientName: "Editor", codeChallenge: "challenge")),
    WireSample("IssuedClientCode", IssuedClientCode(code: WireSecret("secret"), expiresAt: time)),
    WireSample(
      "RedeemClientCode",
      RedeemClientCode(
        credential: WireSecret("hash"), clientId: "mcl_1", redirectUri: "http://127.0.0.1:7/cb",
        codeChallenge: "challenge", target: ClientTokenTarget(mcpServerId: server))),
    WireSample(
      "RefreshClientTokens", RefreshClientTokens(credential: WireSecret("hash"), clientId: "mcl_1", target: nil)),
    WireSample(
      "ClientTokenAnswer",
      ClientTokenAnswer(
        .init(accessToken: WireSecret("access"), expiresAt: time, refreshToken: WireSecret("refresh")))),
    WireSample("ClientTokenRefusal", ClientTokenAnswer(refusal: .invalidTarget)),
    WireSample("RevokeClientToken", RevokeClientToken(credential: WireSecret("hash"), clientId: "mcl_1")),
    WireSample(
      "CallerWithClientToken",
      Caller(
        credential: .clientToken, credentialId: "clt_1", organizationId: organization, organizationName: "Acme",
        user: Caller.User(id: user, externalId: "u-1", email: nil, name: nil), role: .member, groups: [],
        charmId: "charm-1", expiresAt: time, mcpServerId: server)),
    WireSample("RuntimeRequest", RuntimeRequest(charmId: "charm-1")),
    WireSample(
      "RuntimeServers",
      RuntimeServers(servers: [
        RuntimeServer(
          descriptor: MCPServerDescriptor(
            id: server, name: "Mail", description: nil, allowedTools: ["search"], needsConnection: true),
          slug: "mail", token: WireSecret("token"), expiresAt: time)
      ])),
  ]
}
