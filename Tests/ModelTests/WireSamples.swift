import Foundation
import Model

/// A value of every wire type. Sets hold one element: their order on the wire says nothing.
enum WireSamples {
  static let all: [WireSample] =
    people + browserSessions + signIns + integrations + connections + flows + refreshes + revocations + keys
    + idempotency
    + clientSecrets + configurations + mcp + discoveries + clients + rules + proposals + audit + toolCalls + rest

  static let time = Date(timeIntervalSince1970: 1_767_323_045)
  static let organization = OrganizationID(rawValue: "org_1")
  static let user = UserID(rawValue: "usr_1")
  static let integration = IntegrationID(rawValue: "int_1")
  static let connection = ConnectionID(rawValue: "con_1")
  static let flow = FlowID(rawValue: "flw_1")
  static let scope = ConnectionScope(applicationType: .application, applicationId: "app-1", appId: "com.example.mail")
  static let actor = Actor(kind: .application, id: "app-1")
  static let application = ApplicationDescription(
    id: "app-1", appId: "com.example.mail", name: "Mail", description: "Reads mail", icon: "https://example.com/i.png",
    homepage: "https://example.com")
  static let signedGrant = SignedGrant(token: WireSecret("grant"), expiresAt: time)
  static let page = PageRequest(limit: 10, cursor: "next")
  static let credential = CredentialHash("00ff")

  static let caller = Caller(
    credential: .session, credentialId: "ses_1", organizationId: organization, organizationName: "Example",
    user: .init(id: user, externalId: "u1", email: "ada@example.com", name: "Ada"), role: .member, groups: ["staff"],
    charmId: "charm-1", expiresAt: time)

  static let people: [WireSample] = [
    WireSample("Caller", caller),
    WireSample("Me", Me(caller)),
    WireSample(
      "CreateSession",
      CreateSession(
        user: .init(id: "u1", email: "ada@example.com", name: "Ada", groups: ["staff"]), role: .owner,
        charmId: "charm-1", ttlSeconds: 600)),
    WireSample(
      "CreatedSession",
      CreatedSession(
        id: SessionID(rawValue: "ses_1"), token: WireSecret("lys_token"), expiresAt: time, userId: user)),
    WireSample("OnBehalf", OnBehalf(credential, Empty())),
    WireSample(
      "Application",
      Application(
        id: "app-1", appIds: ["com.example.mail"], name: "Mail", state: .allowed, firstSeenAt: time, lastSeenAt: time)),
    WireSample("TargetedApplication", TargetedApplication(id: "app-1", update: UpdateApplication(state: .blocked))),
    WireSample("ApplicationDescription", application),
  ]

  static let custom = CustomProvider(
    providerUrl: "https://id.example.com", issuer: "https://id.example.com",
    authorizationEndpoint: "https://id.example.com/authorize", tokenEndpoint: "https://id.example.com/token",
    clientAuth: .basic, pkce: .required, extraAuthorizationParams: ["prompt": "consent"])
  static let client = IntegrationClient(
    integrationId: integration, organizationId: organization, name: "Mail", provider: "custom",
    providerUrl: "https://id.example.com", variables: ["tenant": "t"], custom: custom, clientId: "client",
    defaultScopes: ["openid"], maximumScopes: ["openid", "mail"],
    redirectUri: "https://lanyard.example.com/oauth/callback", status: .enabled)
  static let integrationValue = Integration(
    id: integration, name: "Mail", provider: "custom", providerUrl: "https://id.example.com", clientId: "client",
    defaultScopes: ["openid"], maximumScopes: nil, variables: [:], custom: custom, status: .enabled,
    redirectUri: "https://lanyard.example.com/oauth/callback", secretExpiresAt: time, createdAt: time, updatedAt: time)

  static let integrations: [WireSample] = [
    WireSample("CustomProvider", custom),
    WireSample("Integration", integrationValue),
    WireSample("IntegrationClient", client),
    WireSample(
      "CreateIntegration",
      CreateIntegration(
        name: "Mail", provider: "custom", clientId: "client", clientSecret: WireSecret("secret"),
        defaultScopes: ["openid"], maximumScopes: ["openid"], variables: ["tenant": "t"], custom: custom)),
    WireSample(
      "UpdateIntegration",
      Targeted<IntegrationKind, UpdateIntegration>(
        integration, UpdateIntegration(name: "Post", defaultScopes: [], maximumScopes: ["a"], status: .disabled))),
    WireSample(
      "RotateClientSecret", RotateClientSecret(clientSecret: WireSecret("secret"), expiresAt: time)),
    WireSample("DeleteIntegration", DeleteIntegration(revoke: true)),
    WireSample("IntegrationCheck", IntegrationCheck(name: "discovery", ok: true, detail: "found")),
    WireSample("ClientReference", ClientReference(organizationId: organization, integrationId: integration)),
    WireSample("ClientAccess", ClientAccess(grant: signedGrant, client: client)),
    WireSample("CheckIntegration", CheckIntegration(client: client, clientSecret: WireSecret("secret"))),
    WireSample(
      "ProviderSummary",
      ProviderSummary(
        id: "zendesk", name: "Zendesk", category: "support", providerUrl: "https://{subdomain}.zendesk.com",
        documentationUrl: "https://example.com/docs",
        variables: ["subdomain": .init(label: "Subdomain", pattern: "^[a-z]+$", defaultValue: nil)],
        defaultScopes: ["read"], pkce: "supported", refresh: "refreshToken", revocation: "custom",
        mcpServerUrl: nil, quirks: ["comma scopes"])),
    WireSample("ProviderReference", ProviderReference(id: "github")),
  ]

  static let connectionValue = Connection(
    id: connection, userId: user, integrationId: integration, provider: "github", providerUrl: "https://github.com",
    scope: scope, applicationName: "Mail", providerAccountId: "42", displayIdentifier: "ada@example.com",
    displayName: "Ada", displayAvatar: "https://example.com/a.png", scopes: ["repo"], isDefault: true,
    status: .active, reason: nil, expiresAt: time, createdAt: time, lastUsedAt: time)
  static let auth = OAuthAuth(connectionValue, accessToken: Secret("token"))

  static let connections: [WireSample] = [
    WireSample("Connection", connectionValue),
    WireSample("OAuthAuth", auth),
    WireSample("OAuthAuthDescriptor", OAuthAuthDescriptor(connectionValue)),
    WireSample(
      "ResolveRequest",
      ResolveRequest(
        providerUrl: "https://github.com", integrationId: integration, scopes: ["repo"], prompt: .selectAccount,
        connectionKey: connection, application: application)),
    WireSample(
      "ResolveRequestPreferred",
      ResolveRequest(
        integrationId: integration, prompt: .auto, preferredConnectionId: connection, application: application)),
    WireSample(
      "ResolveResponse",
      ResolveResponse(
        status: .selectAccount, auth: auth, accounts: [OAuthAuthDescriptor(connectionValue)],
        flow: Flow(id: flow, url: "https://lanyard.example.com/connect/flw_1", expiresAt: time))),
    WireSample(
      "ListAuthRequest",
      ListAuthRequest(
        providerUrl: "https://github.com", integrationId: integration, application: application)),
    WireSample(
      "ConnectionActionRequest", ConnectionActionRequest(connectionId: connection, application: application)),
    WireSample(
      "ResolveConnection",
      ResolveConnection(
        prompt: .auto, connectionId: connection, preferredConnectionId: connection, scopes: ["repo"], waitSeconds: 5)),
    WireSample(
      "ResolvedConnection",
      ResolvedConnection(
        outcome: .ready, connection: connectionValue, accessToken: WireSecret("token"), choices: [connectionValue])),
    WireSample(
      "ListConnections", ListConnections(userId: user, integrationId: integration, status: .active, page: page)),
    WireSample("ConnectionPage", Page(items: [connectionValue], nextCursor: "next")),
    WireSample("ConnectionChange", Targeted<ConnectionKind, ConnectionChange>(connection, .makeDefault)),
    WireSample(
      "ConnectionUse",
      ConnectionUse(
        id: AuditEventID(rawValue: "evt_1"), occurredAt: time, action: "connection.token.released", actor: actor,
        outcome: "allowed")),
    WireSample(
      "ConnectionUseByTool",
      ConnectionUse(
        id: AuditEventID(rawValue: "evt_1"), occurredAt: time, action: "mcp-server.tool.called", actor: actor,
        outcome: "succeeded", sequence: 7, mcpServerId: server, tool: "search")),
    WireSample("ConnectionCallQuery", ConnectionCallQuery(connectionId: connection, before: 7, limit: 50)),
    WireSample("CountedConnections", Counted<ConnectionID>(count: 51, first: [connection])),
    WireSample(
      "CountConnections",
      CountConnections(kinds: [
        .init(
          userIds: [user], integrationId: integration, applicationType: .application, applicationId: "app-1",
          scopesBeyond: ["repo"], scopesAmong: ["gist"])
      ])),
    WireSample(
      "ProviderAccount",
      ProviderAccount(
        id: "42", displayIdentifier: "ada@example.com", displayName: "Ada", displayAvatar: "https://example.com/a.png")),
  ]

  static let createFlow = CreateFlow(
    integrationId: integration, scopes: ["repo"], application: application, integrationName: "Code",
    provider: "github", providerName: "GitHub", providerUrl: "https://github.com", organizationName: "Example",
    userDisplay: "ada@example.com", connectionId: connection, accountHint: "ada")
  static let failure = FlowStatus.Failure(code: .accessDenied, message: "refused")
  static let facts = FlowFacts(
    id: flow, organizationId: organization, userId: user, scope: scope, actor: actor, request: createFlow,
    status: FlowStatus(status: .failed, connectionId: connection, error: failure), createdAt: time, expiresAt: time)
  static let consent = FlowConsent(
    organizationName: "Example", integrationName: "Code", userDisplay: "ada@example.com",
    provider: .init(id: "github", name: "GitHub", url: "https://github.com"), account: "ada",
    scopes: [.init(scope: "repo", description: "See and change your repositories", sensitive: true)])
  static let transaction = FlowTransaction(
    stateHash: "aa", browserHash: "bb", codeVerifier: WireSecret("verifier"), nonce: WireSecret("nonce"),
    expectedIssuer: "https://github.com", redirectUri: "https://lanyard.example.com/oauth/callback",
    requestedScopes: ["repo"])
  static let account = ProviderAccount(id: "42", displayIdentifier: "ada@example.com")
  static let tokens = TokenSet(
    accessToken: WireSecret("token"), refreshToken: WireSecret("refresh"), scopes: ["repo"], expiresAt: time,
    metadata: ["instance_url": "https://eu.example.com"])

  static let flows: [WireSample] = [
    WireSample("CreateFlow", createFlow),
    WireSample("FlowFacts", facts),
    WireSample("FlowStatusPending", FlowStatus(status: .pending, stage: .atProvider)),
    WireSample(
      "FlowWithConsent",
      Flow(id: flow, url: "https://lanyard.example.com/connect/flw_1", expiresAt: time, consent: consent)),
    WireSample("FlowQuery", FlowQuery(id: flow, waitSeconds: 25)),
    WireSample("BeginAuthorization", BeginAuthorization(flowId: flow, transaction: transaction)),
    WireSample("ClaimAuthorization", ClaimAuthorization(stateHash: "aa", browserHash: "bb")),
    WireSample(
      "ReleasedAuthorization", ReleasedAuthorization(transaction: transaction, clientSecret: WireSecret("secret"))),
    WireSample("CompleteFlow", CompleteFlow(flowId: flow, tokens: tokens, account: account)),
    WireSample("FailFlow", FailFlow(flowId: flow, failure: failure)),
    WireSample("StartAuthorization", StartAuthorization(flowId: flow, browserHash: "bb")),
    WireSample(
      "StartedAuthorization",
      StartedAuthorization(authorizationUrl: WireSecret("https://github.com/login/oauth/authorize?state=s"))),
    WireSample(
      "AuthorizationCallback",
      AuthorizationCallback(
        state: WireSecret("state"), code: WireSecret("code"), error: "access_denied", issuer: "https://github.com",
        browserHash: "bb", redirectKey: "key", parameters: ["realmId": "1"])),
    WireSample("AuthorizationOutcome", AuthorizationOutcome(facts: facts, account: account)),
  ]

  static let lease = LeaseReference(organizationId: organization, connectionId: connection, fence: 7, generation: 3)

  static let refreshes: [WireSample] = [
    WireSample("BeginRefresh", BeginRefresh(connectionId: connection, force: true)),
    WireSample(
      "RefreshLease",
      RefreshLease(
        state: .leased,
        lease: .init(
          fence: 7, generation: 3, organizationId: organization, integrationId: integration,
          refreshToken: WireSecret("refresh"), accessToken: WireSecret("token"), clientSecret: WireSecret("secret"),
          grantedScopes: ["repo"], metadata: ["instance_url": "https://eu.example.com"], leaseSeconds: 25,
          waitMilliseconds: 40),
        reason: "none", retryAfter: 2)),
    WireSample("ClaimRefreshes", ClaimRefreshes(limit: 16, waitSeconds: 20)),
    WireSample(
      "DueRefresh",
      DueRefresh(
        connectionId: connection,
        lease: .init(
          fence: 7, generation: 3, organizationId: organization, integrationId: integration,
          refreshToken: WireSecret("refresh"), accessToken: nil, clientSecret: WireSecret("secret"),
          grantedScopes: ["repo"], metadata: ["refreshTokenIdleDays": "90"], leaseSeconds: 25))),
    WireSample("CommitRefresh", CommitRefresh(lease: lease, tokens: tokens)),
    WireSample("RefreshCommitment", RefreshCommitment(state: .superseded, generation: 4)),
    WireSample("ReplayRefresh", ReplayRefresh(lease: lease, sealedTokens: "AAEC")),
    WireSample("FailRefresh", FailRefresh(lease: lease, failure: .transient, reason: "timeout", retryAfter: 5)),
    WireSample("RefreshConnection", RefreshConnection(connectionId: connection, force: false)),
    WireSample("RefreshOutcome", RefreshOutcome(state: .refreshed, reason: "none")),
  ]

  static let keys: [WireSample] = [
    WireSample(
      "KeyRotationReport",
      KeyRotationReport(
        id: KeyRotationID(rawValue: "kro_1"), state: .finished, keyVersion: 2, total: 40, rewritten: 40, unreadable: 0,
        startedAt: time, finishedAt: time))
  ]

  static let revocations: [WireSample] = [
    WireSample(
      "CreateRevocation",
      CreateRevocation(
        userId: user, integrationId: integration, mcpServerId: MCPServerID(rawValue: "mcp_1"), all: true)),
    WireSample("StartedRevocation", StartedRevocation(id: RevocationID(rawValue: "rev_1"))),
    WireSample(
      "RevocationReport",
      RevocationReport(
        id: RevocationID(rawValue: "rev_1"), createdAt: time, totals: ["revoked": 1],
        items: [
          .init(
            connectionId: connection, state: .revoked, attempts: 1, reason: "confirmed", providerExpiresAt: time,
            finishedAt: time)
        ], nextCursor: "next")),
    WireSample(
      "RevocationTask",
      RevocationTask(
        organizationId: organization, connectionId: connection, integrationId: integration,
        providerAccountId: "42", fence: 7, refreshToken: WireSecret("refresh"), accessToken: WireSecret("token"),
        clientSecret: WireSecret("secret"),
        metadata: [:], attempts: 2)),
    WireSample("ClaimRevocations", ClaimRevocations(limit: 10, waitSeconds: 25)),
    WireSample(
      "ReportRevocation",
      ReportRevocation(
        organizationId: organization, connectionId: connection, fence: 7, state: .pending, reason: "status_503",
        retryAfter: 30)),
    WireSample("RevocationQuery", RevocationQuery(id: RevocationID(rawValue: "rev_1"), page: page)),
  ]

  static let claim = IdempotencyClaimID(rawValue: "clm_1")

  static let idempotency: [WireSample] = [
    WireSample(
      "ClaimIdempotencyKey",
      OnBehalf(credential, ClaimIdempotencyKey(keyHash: "a2V5", requestHash: "cmVxdWVzdA=="))),
    WireSample(
      "ClaimedIdempotencyKey", ClaimedIdempotencyKey(outcome: .claimed, claimId: claim, sealedAnswer: "c2VhbGVk")),
    WireSample(
      "CompleteIdempotentCall",
      CompleteIdempotentCall(organizationId: organization, keyHash: "a2V5", claimId: claim, sealedAnswer: "c2VhbGVk")),
    WireSample(
      "AbandonIdempotentCall",
      AbandonIdempotentCall(organizationId: organization, keyHash: "a2V5", claimId: claim)),
  ]

  static let decision = Decision(effect: .allow, decidingRule: "organization-default", reasons: ["members may"])

  static let rest: [WireSample] = [
    WireSample(
      "Grant",
      Grant(
        id: GrantID(rawValue: "grt_1"), organizationId: organization, userId: user, actor: actor,
        purposes: [.release], integrationIds: [integration], scope: scope, flowId: flow, presenters: [.gateway],
        issuedAt: time, expiresAt: time)),
    WireSample("SignedGrant", signedGrant),
    WireSample("PageRequest", page),
    WireSample("Reference", Reference<ConnectionKind>(id: connection)),
    WireSample(
      "AuditEntry",
      AuditEntry(
        id: AuditEventID(rawValue: "evt_1"), organizationId: organization, occurredAt: time,
        action: "connection.token.released", actor: actor, userId: user, applicationId: "app-1",
        appId: "com.example.mail", charmId: "charm-1", caller: .gateway,
        target: .init(kind: "connection", id: "con_1"), outcome: .succeeded, grantId: GrantID(rawValue: "grt_1"),
        requestId: "req_1", details: ["generation": "3"])),
    WireSample("Decision", decision),
    WireSample(
      "AccessRequest",
      AccessRequest(
        providerUrl: "https://github.com", integrationId: integration, application: application, purposes: [.list],
        scopes: ["repo"])),
    WireSample(
      "ConnectionAccess",
      ConnectionAccess(
        grant: signedGrant, decision: decision,
        integrations: [
          .init(
            id: integration, name: "Code", provider: "github", providerName: "GitHub",
            providerUrl: "https://github.com", defaultScopes: ["repo"], maximumScopes: ["repo"],
            identityScopes: ["read:user"])
        ], scope: scope)),
    WireSample("ChangeQuery", ChangeQuery(after: 7, waitSeconds: 20)),
    WireSample(
      "ChangePage",
      ChangePage(
        changes: [Change(sequence: 8, organizationId: organization, kind: .integration, subject: "int_1")], last: 8,
        complete: true)),
    WireSample(
      "PutSecret", PutSecret(kind: .clientSecret, ownerId: "int_1", value: WireSecret("secret"), expiresAt: time)),
    WireSample("StoredSecret", StoredSecret(version: 2)),
    WireSample("DeleteSecret", DeleteSecret(kind: .staticToken, ownerId: "mcp_1")),
    WireSample("ReleasedClientSecret", ReleasedClientSecret(clientSecret: WireSecret("secret"))),
    WireSample(
      "ProblemDocument",
      ProblemDocument(
        ServiceError(.integrationInUse, "Still in use.", facts: ["mcpServers": ["mcp_1"]]), requestId: "req_1")),
  ]
}
