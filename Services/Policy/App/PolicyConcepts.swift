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
  let users: UserService
  let integrations: IntegrationService
  let applications: ApplicationService
  let servers: MCPServerService
  let descriptors: DescriptorService
  let tools: ToolService
  let charms: CharmService
  let mcpAccess: MCPAccessService
  let access: AccessService
  let flowAccess: FlowAccessService
  let providers: ProviderDirectory
  let changeFeed: ChangeFeed
  let vaultTasks: VaultTaskService
  let idempotency: IdempotencyService

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
    providers = try ProviderDirectory(
      sandboxIssuer: configuration.sandboxIssuer, insecureHosts: configuration.egressAllow)
    vaultTasks = VaultTaskService(
      store: VaultTaskStore(database: database), vault: vault, integrations: integrationStore, users: userStore,
      servers: serverStore, audit: audit, logger: environment.logger)
    callers = CallerService(store: CredentialStore(database: database))
    sessions = SessionService(
      store: SessionStore(), users: userStore, mutations: mutations, settings: configuration.sessions)
    let browserSessionStore = BrowserSessionStore(database: database)
    signInLinks = SignInLinkService(
      links: SignInLinkStore(database: database), sessions: browserSessionStore, users: userStore,
      mutations: mutations, settings: configuration.browserSessions)
    browserSessions = BrowserSessionService(
      store: browserSessionStore, sessions: sessions.store, callers: callers, mutations: mutations,
      settings: configuration.browserSessions)
    users = UserService(store: userStore, mutations: mutations, vaultTasks: vaultTasks)
    integrations = IntegrationService(
      store: integrationStore, mutations: mutations, vault: vault, vaultTasks: vaultTasks, providers: providers,
      grants: grants, servers: serverStore, publicUrl: configuration.publicUrl)
    applications = ApplicationService(store: ApplicationStore(database: database), mutations: mutations)
    servers = MCPServerService(
      store: serverStore, integrations: integrationStore, providers: providers, mutations: mutations, vault: vault,
      vaultTasks: vaultTasks, rules: MCPServerRules(insecureHosts: providers.insecureHosts))
    descriptors = DescriptorService(servers: serverStore, charms: charmStore)
    tools = ToolService(store: toolStore, servers: serverStore, mutations: mutations)
    charms = CharmService(store: charmStore, mutations: mutations)
    mcpAccess = MCPAccessService(
      servers: serverStore, charms: charmStore, tools: toolStore, integrations: integrationStore,
      applications: applications, providers: providers, grants: grants, audit: audit, now: environment.now)
    access = AccessService(
      integrations: integrationStore, applications: applications, providers: providers, grants: grants, audit: audit)
    flowAccess = FlowAccessService(
      integrations: integrationStore, applications: applications.store, servers: serverStore, charms: charmStore,
      users: userStore, providers: providers, grants: grants, audit: audit, now: environment.now)
    idempotency = IdempotencyService(store: IdempotencyStore(database: database))
    changeFeed = ChangeFeed(store: changes, logger: environment.logger)
  }
}
