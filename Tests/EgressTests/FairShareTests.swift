import Egress
import HTTPTypes
import Testing

@Suite struct FairShareTests {
  /// Destinations that each tenant in this test tries to hold, of the 128 that there are.
  private static let tried = 100

  /// What became of a request to one of a tenant's destinations.
  private struct End: Sendable {
    var url: String
    var error: EgressError?
  }

  private static func urls(of tenant: String, at port: Int) -> [String] {
    (0..<tried).map { "http://\(tenant)\($0).test:\(port)/" }
  }

  private static func destinations(of tenant: String, at port: Int) -> [EgressDestination] {
    (0..<tried).map { EgressDestination(host: "\(tenant)\($0).test", port: port) }
  }

  /// Tenants whose destinations never answer: each is left half of what those before it have left.
  @Test func whoLetsDestinationsHangLeavesHalfToTheOthers() async throws {
    try await withServer(.init(trigger: "never")) { hanging async throws in
      try await withServer(.init(trigger: "\r\n\r\n", reply: okReply)) { server async throws in
        let shares = [("a", 64), ("b", 32), ("c", 16)]
        let hoarded = shares.flatMap { Self.destinations(of: $0.0, at: hanging.port) }
        let fair = EgressDestination(host: "fair.test", port: server.port)
        let patient = limits(firstByte: .seconds(120), total: .seconds(120))
        try await withClient(
          EgressPolicy(allowed: Set(hoarded + [fair])), limits: patient, resolver: LoopbackResolver()
        ) { client async throws in
          try await withThrowingTaskGroup(of: End.self) { group in
            var held: [String: Set<String>] = [:]
            for (tenant, share) in shares {
              let urls = Self.urls(of: tenant, at: hanging.port)
              for url in urls {
                group.addTask { End(url: url, error: await failure(client, EgressRequest(.get, url, tenant: tenant))) }
              }
              // What is held does not end; what ends was refused.
              held[tenant] = Set(urls)
              for _ in 0..<Self.tried - share {
                let end = try #require(try await group.next())
                #expect(end.error == .notSent(.overloaded))
                held[tenant]?.remove(end.url)
              }
              let request = EgressRequest(.get, "http://\(fair)/", tenant: "fair")
              #expect(try await client.send(request).status == .ok)
            }
            // Where others are at work already, joining them takes nothing away.
            let joined = try #require(held["b"]?.first)
            let joining = EgressRequest(.get, joined, totalTimeout: .seconds(2), tenant: "a")
            #expect(await failure(client, joining) == .outcomeUnknown(.timeout))
            print("figure: tenants that hold what they can have \(shares.map(\.1)) of 128 destinations")
            group.cancelAll()
          }
        }
      }
    }
  }

  @Test func aShareThatIsGivenBackCanBeUsedAgain() async throws {
    try await withServer(.init(trigger: "\r\n\r\n", reply: okReply)) { server async throws in
      let allowed = Set(Self.destinations(of: "a", at: server.port))
      try await withClient(EgressPolicy(allowed: allowed), resolver: LoopbackResolver()) { client async throws in
        for url in Self.urls(of: "a", at: server.port) {
          #expect(try await client.send(EgressRequest(.get, url, tenant: "a")).status == .ok)
        }
      }
    }
  }
}
