import HTTPTypes
import Testing

@testable import Egress

@Suite struct AddressTests {
  /// One or more addresses of every range that must not be reached, and IPv6 forms that lead into one.
  static let denied = [
    "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1",
    "127.255.255.255", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170",
    "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::2", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "::ffff:169.254.169.254",
    "::ffff:192.168.1.1", "::ffff:0.0.0.0", "::ffff:7f00:1", "::ffff:168.63.129.16", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "64:ff9b:1:ffff::10.0.0.1", "100::1",
    "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:20::1", "2001:1ff:ffff::1", "2001:db8::1",
    "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::1", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1",
    "fd00:ec2::254", "fdff:ffff::1", "fe80::1", "febf::1", "fec0::1", "feff::1", "ff02::1", "ff0e::1", "4000::1",
    "1::1",
    "8000::1", "e000::1", "200::1",
  ]

  static let open = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
    "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255", "192.169.0.0", "198.17.255.255",
    "198.20.0.0", "223.255.255.255", "168.63.129.15", "140.82.121.3", "2606:4700::1111", "2a00:1450:4001:82a::200e",
    "2001:200::1", "2003::1", "::ffff:8.8.8.8",
  ]

  @Test func everyAddressOfADeniedRangeIsDenied() throws {
    for text in Self.denied { #expect(try #require(IPAddress(text)).denial != nil, "\(text)") }
    #expect(IPAddress.deniedRanges.count == 31)
  }

  @Test func ordinaryPublicAddressesAreNot() throws {
    for text in Self.open { #expect(try #require(IPAddress(text)).denial == nil, "\(text)") }
  }

  @Test(arguments: [
    "127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1", "127.0.0.1.", "1.2.3", "::1%lo", "[::1]", "", " 127.0.0.1",
    "1.2.3.04",
  ])
  func oddSpellingsAreNoAddresses(text: String) { #expect(IPAddress(text) == nil) }

  @Test(arguments: ["1.2.3.4", "::1", "2606:4700::1111", "fe80::1:2", "::ffff:1.2.3.4"])
  func addressesSurviveTheWay(text: String) { #expect(IPAddress(text)?.description == text) }

  @Test func noDeniedAddressIsConnectedToWhicheverWayItIsWritten() async throws {
    try await withServer(.init(trigger: "\r\n\r\n", reply: okReply)) { server async throws in
      let port = server.port
      var policy = EgressPolicy()
      policy.ports = [port]
      // By name: the resolver says what the address is.
      let names = Dictionary(uniqueKeysWithValues: Self.denied.enumerated().map { ("h\($0).test", [[$1]]) })
      let byName = try await withClient(policy, resolver: ScriptedResolver(names)) { client async throws in
        var refused = 0
        for name in names.keys {
          let error = await failure(client, EgressRequest(.get, "https://\(name):\(port)/"))
          guard case .refused(.deniedAddress) = error else {
            Issue.record("\(name): \(String(describing: error))")
            continue
          }
          refused += 1
        }
        return refused
      }
      // By itself, with the spellings that some parsers take for addresses.
      let odd = [
        "127.1", "127.0.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "127.0.0.1.",
        "127.000.000.001",
        "localhost", "LOCALHOST", "localhost.", "0", "①②⑦.⓪.⓪.①", "127。0。0。1", "127.0.0.1%00", "127%2e0%2e0%2e1",
        "[::1%25lo]",
        "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]", "evil@127.0.0.1", "127.0.0.1#@ok.example", "127.0.0.1\\@ok.example",
        "ip6-localhost",
      ]
      let literals = Self.denied.map { $0.contains(":") ? "[\($0)]" : $0 } + odd
      let byLiteral = try await withClient(policy) { client async throws in
        var refused = 0
        for literal in literals {
          for scheme in ["http", "https"] {
            let error = await failure(client, EgressRequest(.get, "\(scheme)://\(literal):\(port)/"))
            guard case .refused = error else {
              Issue.record("\(scheme)://\(literal): \(String(describing: error))")
              continue
            }
            refused += 1
          }
        }
        return refused
      }
      #expect(byName == Self.denied.count)
      #expect(byLiteral == 2 * literals.count)
      #expect(server.connections == 0)
      print(
        "figure: denied destinations refused: \(byName) by name, \(byLiteral) by literal; connections: \(server.connections)"
      )
    }
  }

  @Test func oneDeniedAddressAmongPublicOnesIsEnough() async throws {
    let resolver = ScriptedResolver([
      "a.test": [["8.8.8.8", "127.0.0.1"]], "b.test": [["2606:4700::1111", "8.8.8.8", "::ffff:10.0.0.1"]],
      "c.test": [["169.254.169.254", "1.1.1.1"]],
    ])
    try await withClient(EgressPolicy(), resolver: resolver) { client async throws in
      for name in ["a.test", "b.test", "c.test"] {
        guard case .refused(.deniedAddress) = await failure(client, EgressRequest(.get, "https://\(name)/")) else {
          Issue.record("\(name) was not refused")
          continue
        }
      }
    }
  }

  @Test func aResolverThatChangesItsMindChangesNothing() async throws {
    try await withServer(.init(trigger: "\r\n\r\n", reply: okReply)) { first async throws in
      let second = try await SocketServer(
        host: "127.0.0.2", port: first.port, .init(trigger: "\r\n\r\n", reply: okReply))
      let resolver = ScriptedResolver(["provider.test": [["127.0.0.1"], ["127.0.0.2"]]])
      try await withClient(allowing("provider.test:\(first.port)"), resolver: resolver) { client async throws in
        for _ in 0..<3 {
          _ = try await client.send(EgressRequest(.get, "http://provider.test:\(first.port)/", freshConnection: true))
        }
      }
      await second.stop()
      #expect((first.connections, second.connections) == (3, 0))
      #expect(resolver.calls == 1, "the answer that was checked is the one that is used")
    }
  }
}
