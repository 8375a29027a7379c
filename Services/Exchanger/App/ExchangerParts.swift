import Egress
import Logging
import Model
import Providers
import ServiceKit

/// The exchanger's parts over one transport, and the calls that they answer.
struct ExchangerParts: Sendable {
  let start: AuthorizationStart
  let finish: AuthorizationFinish
  let refreshes: RefreshRunner
  let discovery: MetadataDiscovery
  let doctor: IntegrationDoctor
  let discoverer: MCPServerDiscoverer
  let registrar: ClientRegistrar
  let revocationWorker: RevocationWorker
  let dueRefreshWorker: DueRefreshWorker
  let dueRefreshesInHand = DueRefreshesInHand()
  let journalReplay: JournalReplay
  let identityProviders: IdentityProviderDirectory
  let signIns: SignInRunner

  init(
    peers: PeerClients, transport: any ProviderTransport, catalogue: ProviderCatalogue, policy: EgressPolicy,
    journal: RefreshJournal, logger: Logger
  ) {
    let resolver = ProviderResolver(catalogue: catalogue, insecureHosts: policy.allowedHosts)
    let tokens = TokenClient(transport: transport)
    let revoker = TokenRevoker(transport: transport)
    start = AuthorizationStart(peers: peers, resolver: resolver)
    finish = AuthorizationFinish(
      peers: peers, resolver: resolver, tokens: tokens, accounts: AccountLookup(transport: transport),
      revoker: revoker, logger: logger)
    refreshes = RefreshRunner(
      peers: peers, resolver: resolver, tokens: tokens, revoker: revoker, journal: journal, logger: logger)
    dueRefreshWorker = DueRefreshWorker(
      peers: peers, refreshes: refreshes, inHand: dueRefreshesInHand, logger: logger)
    journalReplay = JournalReplay(peers: peers, journal: journal, logger: logger)
    identityProviders = IdentityProviderDirectory(transport: transport, policy: policy)
    signIns = SignInRunner(peers: peers, directory: identityProviders, tokens: tokens)
    discovery = MetadataDiscovery(transport: transport, policy: policy)
    doctor = IntegrationDoctor(peers: peers, resolver: resolver, discovery: discovery, tokens: tokens)
    discoverer = MCPServerDiscoverer(transport: transport, metadata: discovery, policy: policy)
    registrar = ClientRegistrar(transport: transport)
    revocationWorker = RevocationWorker(peers: peers, resolver: resolver, revoker: revoker, logger: logger)
  }

  func serve(on router: ServiceRouter) {
    router.serve(AuthorizationEndpoints.start) { [start] in try await start.start($0.request) }
    router.serve(AuthorizationEndpoints.callback) { [finish] in try await finish.finish($0.request) }
    router.serve(RefreshEndpoints.refresh) { [refreshes] in
      try await refreshes.refresh($0.request, under: try $0.grantToForward())
    }
    router.serve(SignInEndpoints.start) { [signIns] in try await signIns.start($0.request) }
    router.serve(SignInEndpoints.finish) { [signIns] in try await signIns.finish($0.request) }
    router.serve(IdentityProviderEndpoints.check) { [identityProviders] call in
      try await identityProviders.check(call.request.issuer)
      return Empty()
    }
    router.serve(IntegrationEndpoints.discover) { [discovery] in try await discovery.complete($0.request) }
    router.serve(MCPDiscoveryEndpoints.discover) { [discoverer] in try await discoverer.discover($0.request) }
    router.serve(MCPDiscoveryEndpoints.register) { [registrar] in try await registrar.register($0.request) }
    router.serve(IntegrationEndpoints.check) { [doctor] in
      try await doctor.check($0.request, under: try $0.grantToForward())
    }
  }
}
