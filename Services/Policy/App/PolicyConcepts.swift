import Audit
import Model
import PostgreSQL
import ServiceKit
import ServiceTokens

/// The parts that answer calls, put together.
struct PolicyConcepts: Sendable {
  let callers: CallerService
  let sessions: SessionService
  let signInLinks: SignInLinkService
  let browserSessions: BrowserSessionService
  let identityProviders: IdentityProviderService
  let signIns: SignInService
  let signInCompletion: SignInCompletion
  let clients: ClientRegistrationService
  let clientAuthorizations: ClientAuthorizationService
  let clientTokens: ClientTokenService
  let runtime: RuntimeService
  let users: UserService
  let integrations: IntegrationService
  let applications: ApplicationService
  let servers: MCPServerService
  let descriptors: DescriptorService
  let discovery: DiscoveryService
  let tools: ToolService
  let charms: CharmService
  let rules: RuleService
  let organization: OrganizationSettingsService
  let configuration: ConfigurationService
  let toolCalls: ToolCallService
  let decisions: DecisionService
  let previews: PreviewService
  let impacts: ImpactService
  let mcpAccess: MCPAccessService
  let access: AccessService
  let flowAccess: FlowAccessService
  let providers: ProviderDirectory
  let changeFeed: ChangeFeed
  let vaultTasks: VaultTaskService
  let idempotency: IdempotencyService
  let auditTrail: AuditTrailService
  let toolCallTrail: ToolCallTrail
  let notifications: NotificationParts

  init(
    _ configuration: PolicyConfiguration, _ environment: ServiceEnvironment, database: PostgresClient,
    vault peer: PeerClient, audit: PolicyAudit
  ) throws {
    let changes = ChangeStore(database: database)
    let mutations = Mutations(database: database, audit: audit, changes: changes)
    let grants = GrantIssuer(signer: environment.credentials.grantSigner, now: environment.now)
    let vault = Vault(peer: peer, grants: grants)
    let integrationStore = IntegrationStore(database: database)
    let serverStore = MCPServerStore(database: database)
    let charmStore = CharmStore(database: database)
    let toolStore = ToolStore(database: database)
    let userStore = UserStore(database: database)
    let ruleStore = RuleStore(database: database)
    let ruleSets = RuleSets(store: ruleStore)
    providers = try ProviderDirectory(
      sandboxIssuer: configuration.sandboxIssuer, insecureHosts: configuration.egressAllow)
    vaultTasks = VaultTaskService(
      store: VaultTaskStore(database: database), vault: vault, integrations: integrationStore, users: userStore,
      servers: serverStore, audit: audit, logger: environment.logger)
    callers = CallerService(
      store: CredentialStore(database: database), stepUpSeconds: configuration.browserSessions.stepUpSeconds)
    sessions = SessionService(
      store: SessionStore(), users: userStore, mutations: mutations, settings: configuration.sessions)
    let browserSessionStore = BrowserSessionStore(database: database)
    signInLinks = SignInLinkService(
      links: SignInLinkStore(database: database), sessions: browserSessionStore, users: userStore,
      mutations: mutations, settings: configuration.browserSessions)
    browserSessions = BrowserSessionService(
      store: browserSessionStore, sessions: sessions.store, callers: callers, mutations: mutations,
      settings: configuration.browserSessions)
    users = UserService(
      store: userStore, directory: UserDirectory(database: database), mutations: mutations, vaultTasks: vaultTasks)
    let identityProviderStore = IdentityProviderStore(database: database)
    identityProviders = IdentityProviderService(
      store: identityProviderStore, mutations: mutations, vault: vault, vaultTasks: vaultTasks,
      rules: IdentityProviderRules(insecureHosts: configuration.egressAllow), publicUrl: configuration.publicUrl)
    let signInStore = SignInStore(database: database)
    signIns = SignInService(
      store: signInStore, providers: identityProviderStore, organizations: OrganizationStore(database: database),
      mutations: mutations, grants: grants, publicUrl: configuration.publicUrl)
    signInCompletion = SignInCompletion(
      signIns: signInStore, providers: identityProviderStore, identities: IdentityStore(users: userStore),
      sessions: browserSessionStore, service: signIns, mutations: mutations, settings: configuration.browserSessions)
    let bound = BoundIntegrations(store: integrationStore, vault: vault, vaultTasks: vaultTasks)
    integrations = IntegrationService(
      store: integrationStore, mutations: mutations, vault: vault, vaultTasks: vaultTasks, providers: providers,
      grants: grants, servers: serverStore, bound: bound, logger: environment.logger, publicUrl: configuration.publicUrl
    )
    applications = ApplicationService(store: ApplicationStore(database: database), mutations: mutations)
    servers = MCPServerService(
      store: serverStore, integrations: integrationStore, providers: providers, mutations: mutations, vault: vault,
      vaultTasks: vaultTasks, rules: MCPServerRules(insecureHosts: providers.insecureHosts), bound: bound,
      removal: MCPServerRemoval(store: serverStore, bound: bound))
    let client = OwnClient(publicUrl: configuration.publicUrl)
    discovery = DiscoveryService(
      planner: DiscoveryPlanner(
        servers: servers, integrations: integrationStore, providers: providers, client: client),
      maker: FoundAuthMaker(integrations: integrationStore, providers: providers, client: client), servers: servers)
    descriptors = DescriptorService(
      servers: serverStore, charms: charmStore, rules: ruleSets, now: environment.now)
    tools = ToolService(store: toolStore, servers: serverStore, mutations: mutations)
    let authorizationStore = ClientAuthorizationStore(database: database)
    let (codeStore, tokenStore) = (ClientCodeStore(database: database), ClientTokenStore(database: database))
    clients = ClientRegistrationService(store: RegisteredClientStore(database: database))
    clientAuthorizations = ClientAuthorizationService(
      store: authorizationStore, codes: codeStore, clients: clients, descriptors: descriptors,
      mutations: mutations)
    clientTokens = ClientTokenService(
      authorizations: authorizationStore, codes: codeStore, tokens: tokenStore, clients: clients.store,
      mutations: mutations)
    runtime = RuntimeService(
      descriptors: descriptors, charms: charmStore, sessions: sessions.store, store: RuntimeTokenStore(),
      tokens: tokenStore, mutations: mutations)
    charms = CharmService(store: charmStore, mutations: mutations)
    mcpAccess = MCPAccessService(
      servers: serverStore, charms: charmStore, tools: toolStore, integrations: integrationStore,
      applications: applications, providers: providers, grants: grants, audit: audit, rules: ruleSets,
      now: environment.now)
    toolCalls = ToolCallService(
      access: mcpAccess, judge: CallJudge(database: database, uses: RuleUseStore()))
    decisions = DecisionService(access: mcpAccess, users: userStore, rules: ruleSets)
    let (previewStore, worlds) = (PreviewStore(database: database), AccessWorldReader(access: mcpAccess))
    previews = PreviewService(store: previewStore, rules: ruleSets, worlds: worlds, vault: vault)
    impacts = ImpactService(
      proposals: ProposalReader(
        worlds: worlds, rules: ruleSets, integrations: integrations, servers: servers, charms: charms,
        applications: applications),
      members: previewStore, vault: vault)
    rules = RuleService(store: ruleStore, mutations: mutations)
    organization = OrganizationSettingsService(database: database, rules: ruleStore, mutations: mutations)
    let reader = ConfigurationReader(
      integrations: integrationStore, servers: serverStore, charms: charmStore, applications: applications.store,
      rules: ruleStore)
    self.configuration = ConfigurationService(
      reader: reader,
      planner: ConfigurationPlanner(
        rules: servers.rules, providers: providers, publicUrl: configuration.publicUrl),
      writer: ConfigurationWriter(
        integrations: integrationStore, servers: serverStore, charms: charmStore, applications: applications.store,
        rules: ruleStore, bound: bound, removal: servers.removal, vaultTasks: vaultTasks.store),
      impacts: ConfigurationImpacts(worlds: worlds, rules: ruleSets, impacts: impacts), mutations: mutations,
      vault: vault, vaultTasks: vaultTasks)
    access = AccessService(
      integrations: integrationStore, applications: applications, providers: providers, grants: grants, audit: audit,
      rules: ruleSets, now: environment.now)
    flowAccess = FlowAccessService(
      integrations: integrationStore, applications: applications.store, servers: serverStore, charms: charmStore,
      users: userStore, providers: providers, grants: grants, audit: audit, rules: ruleSets, now: environment.now)
    notifications = NotificationParts(
      database: database, mutations: mutations, vault: vault, vaultTasks: vaultTasks,
      insecureHosts: providers.insecureHosts, environment)
    toolCallTrail = ToolCallTrail(database: database, audit: audit)
    auditTrail = AuditTrailService(reader: AuditReader(client: database, service: .policy), audit: audit)
    idempotency = IdempotencyService(store: IdempotencyStore(database: database))
    changeFeed = ChangeFeed(store: changes, logger: environment.logger)
  }
}
