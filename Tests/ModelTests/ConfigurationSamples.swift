import Model

/// An organization's configuration as one document, on the wire.
extension WireSamples {
  private static let document = ConfigurationDocument(
    defaultEffect: .deny,
    integrations: [
      .init(
        name: "GitHub", provider: "github", clientId: "client", clientSecret: .init("github-client-secret"),
        defaultScopes: ["repo"], maximumScopes: ["repo", "gist"], variables: ["host": "example.com"],
        status: .disabled),
      .init(
        name: "Own", provider: "custom", clientId: "client",
        custom: CustomProvider(providerUrl: "https://id.example.com")),
    ],
    mcpServers: [
      .init(
        name: "Tokens", url: "https://mcp.example.com",
        auth: .init(type: .staticToken, token: .init("tokens-token"), header: "X-Key", prefix: ""),
        allowedTools: [], description: "Tools", status: .disabled, pinning: true),
      .init(
        name: "Accounts", url: "https://mcp.example.com",
        auth: .init(type: .oauth, integration: "GitHub", scopes: ["repo"])),
    ], charms: [.init(id: "charm-1", name: "Helper", mcpServers: [.init(mcpServer: "Tokens", allowedTools: ["read"])])],
    applications: [.init(id: "app-1", state: .blocked, tokenRelease: .gatewayOnly)],
    rules: [
      .object([
        "name": "No erasing", "effect": "deny", "subjects": ["users": ["maya"]],
        "resources": ["mcpServers": ["Tokens"]],
      ])
    ])

  private static var configurationReport: ConfigurationReport {
    var report = ConfigurationReport(dryRun: true, version: "0f")
    report.created = [.init(kind: .integration, name: "GitHub", id: nil)]
    report.changed = [.init(kind: .mcpServer, name: "Tokens", id: "mcp_1", fields: ["token"])]
    report.unchanged = [.init(kind: .charm, name: "Helper", id: "charm-1")]
    report.deleted = [.init(kind: .rule, name: "No erasing", id: "rul_1")]
    report.missingSecrets = ["github-client-secret"]
    report.notes = ["Look again."]
    return report
  }

  static let configurations: [WireSample] = [
    WireSample("OrganizationConfiguration", OrganizationConfiguration(configuration: document, version: "0f")),
    WireSample(
      "ApplyConfiguration",
      ApplyConfiguration(
        request: PutConfiguration(
          configuration: document, secrets: ["github-client-secret": WireSecret("value")],
          replaceSecrets: ["github-client-secret"], version: "0f"), prune: true, dryRun: false)),
    WireSample("ConfigurationReport", configurationReport),
  ]
}
