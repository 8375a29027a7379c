import Model

extension WireSamples {
  private static let versions = ClientSecretVersions(
    current: 2, previous: VersionedSecret(version: 1, value: WireSecret("older")))
  private static let verdict = ClientSecretVerdict(accepted: 1, refused: [2])
  private static let secrets = [
    ClientSecret(state: .current, createdAt: time, lastUsedAt: nil, refusedSince: time, expiresAt: nil),
    ClientSecret(state: .previous, createdAt: time, lastUsedAt: time, refusedSince: nil, expiresAt: time),
  ]
  private static let problem = IntegrationProblem(kind: .currentSecretRefused, reason: "invalid_client", since: time)

  private static var brokenConnection: Connection {
    var connection = connectionValue
    connection.status = .needsReauthorization
    connection.reason = "invalid_grant"
    return connection
  }

  private static var troubledIntegration: Integration {
    var integration = integrationValue
    integration.secrets = secrets
    integration.problem = problem
    return integration
  }

  /// What two live client secrets add to wire types that are older than they are.
  static let clientSecrets: [WireSample] = [
    WireSample(
      "RefreshLeaseWithSecretVersions",
      RefreshLease(
        state: .leased,
        lease: .init(
          fence: 7, generation: 3, organizationId: organization, integrationId: integration,
          refreshToken: WireSecret("refresh"), accessToken: nil, clientSecret: WireSecret("secret"),
          grantedScopes: ["repo"], metadata: [:], leaseSeconds: 25, secretVersions: versions))),
    WireSample("CommitRefreshWithVerdict", CommitRefresh(lease: lease, tokens: tokens, secrets: verdict)),
    WireSample(
      "FailRefreshWithVerdict",
      FailRefresh(
        lease: lease, failure: .configError, reason: "invalid_client", secrets: ClientSecretVerdict(refused: [2, 1]))),
    WireSample(
      "CompleteFlowWithVerdict", CompleteFlow(flowId: flow, tokens: tokens, account: account, secrets: verdict)),
    WireSample(
      "ReleasedAuthorizationWithSecretVersions",
      ReleasedAuthorization(
        transaction: transaction, clientSecret: WireSecret("secret"), secretVersions: versions)),
    WireSample(
      "ReleasedClientSecretWithVersions",
      ReleasedClientSecret(clientSecret: WireSecret("secret"), secretVersions: versions)),
    WireSample(
      "RevocationTaskWithSecretVersions",
      RevocationTask(
        organizationId: organization, connectionId: connection, integrationId: integration, providerAccountId: "42",
        fence: 7, refreshToken: WireSecret("refresh"), accessToken: WireSecret("token"),
        clientSecret: WireSecret("secret"), metadata: [:], attempts: 2, secretVersions: versions)),
    WireSample("DescribeClients", DescribeClients(integrationIds: [integration])),
    WireSample(
      "ClientDescriptions", [ClientDescription(integrationId: integration, secrets: secrets, problem: problem)]),
    WireSample("IntegrationWithProblem", troubledIntegration),
    WireSample("ConnectionToReconnect", brokenConnection),
    WireSample(
      "FlowStatusWrongAccount",
      FlowStatus(status: .failed, error: .init(code: .accessDenied, message: "refused", reason: .wrongAccount))),
  ]
}
