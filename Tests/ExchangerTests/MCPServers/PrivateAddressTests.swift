import Egress
import Foundation
import Logging
import Model
import Providers
import Testing

@testable import ExchangerKit

/// Strangers decide where discovery goes next. Nothing that they say leads to an address of our own network.
@Suite struct PrivateAddressTests {
  /// Where a hostile server puts the address: every place that discovery, a registration or a code exchange takes one from.
  enum Place: String, CaseIterable, Sendable {
    case server, challenge, authorizationServers, authorizationEndpoint, tokenEndpoint, registrationEndpoint
    case redirectOfServer, redirectOfResource, redirectOfMetadata, redirectOfRegistration
  }

  /// Names as a hostile resolver answers them. The trap listens on the addresses of this machine.
  private static let names: [String: [[String]]] = [
    "v4.example": [["127.0.0.1"]], "v6.example": [["::1"]], "mapped.example": [["::ffff:127.0.0.1"]],
    // One address that would pass does not help the other.
    "mixed.example": [["2000::1", "127.0.0.1"]],
    // Passes the check, and is another one a moment later. Unassigned: nobody is there.
    "rebinding.example": [["2000::1"], ["127.0.0.1"]],
    "cloud.example": [["169.254.169.254"]], "nat64.example": [["64:ff9b::7f00:1"]],
  ]

  private static func addresses(_ port: Int) -> [String] {
    names.keys.sorted().map { "https://\($0):\(port)/x" } + [
      "http://127.0.0.1:\(port)/x", "https://127.0.0.1:\(port)/x", "http://[::1]:\(port)/x",
      "https://localhost:\(port)/x",
      "http://2130706433:\(port)/x", "https://0x7f.0.0.1:\(port)/x", "http://127.1:\(port)/x",
      "https://someone@127.0.0.1:\(port)/x", "http://v4.example:\(port)/x",
    ]
  }

  @Test func nothingThatIsSaidLeadsToAPrivateAddress() async throws {
    let attempts = try await Trap.with { trap in
      var attempts = 0
      for place in Place.allCases {
        for address in Self.addresses(trap.port) {
          try await attempt(address, at: place, trap)
          attempts += 1
        }
      }
      #expect(trap.connections == 0)
      print("figure: \(attempts) attempts to lead discovery to a private address, \(trap.connections) connections")
      return attempts
    }
    #expect(attempts >= 60)
  }

  /// What is counted is what would otherwise happen: on the operator's list, each place leads to a connection.
  @Test(arguments: Place.allCases) func theTrapCatchesWhatIsAllowed(_ place: Place) async throws {
    // A redirect is not followed even to where one may go.
    guard !place.rawValue.hasPrefix("redirect"), place != .authorizationEndpoint else { return }
    try await Trap.with { trap in
      try await attempt("http://127.0.0.1:\(trap.port)/x", at: place, trap, allowed: ["127.0.0.1:\(trap.port)"])
      #expect(trap.connections > 0, "\(place.rawValue)")
    }
  }

  /// Runs discovery against a hostile server, then whatever its findings would be used for.
  private func attempt(_ address: String, at place: Place, _ trap: Trap, allowed: Set<String> = []) async throws {
    try await HostileServer.run(address, at: place) { server in
      let list = allowed.union(["127.0.0.1:\(server.port)"]).joined(separator: ",")
      // The trap's port is an ordinary one here: the addresses alone are in the way.
      let policy = EgressPolicy(
        allowed: try EgressPolicy.destinations(list), ports: EgressPolicy.standardPorts.union([trap.port]))
      var limits = EgressLimits()
      limits.connect = .milliseconds(300)
      let egress = try EgressClient(
        policy: policy, limits: limits, resolver: HostileResolver(Self.names),
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
      let transport = EgressTransport(egress: egress)
      await use(transport, policy, url: place == .server ? address : server.origin + "/mcp")
      await egress.shutdown()
    }
  }

  private func use(_ transport: EgressTransport, _ policy: EgressPolicy, url: String) async {
    let discoverer = MCPServerDiscoverer(
      transport: transport, metadata: MetadataDiscovery(transport: transport, policy: policy), policy: policy)
    guard let found = try? await discoverer.discover(DiscoverMCPServer(url: url)) else { return }
    if let endpoint = found.registrationEndpoint {
      _ = try? await ClientRegistrar(transport: transport).register(
        RegisterAtIssuer(
          registrationEndpoint: endpoint, redirectUri: "https://l.example/cb", clientName: "L",
          clientUri: "https://l.example", authentication: .none, scopes: nil))
    }
    guard let custom = found.authorizationServer,
      let resolved = try? Provider.custom(custom, insecureHosts: policy.allowedHosts),
      let request = try? resolved.codeExchange(
        code: Secret("code"), redirectUri: "https://l.example/cb", verifier: Secret("v"), client: Samples.client)
    else { return }
    _ = try? await TokenClient(transport: transport).tokens(request, of: resolved.provider, within: .seconds(5))
  }
}
