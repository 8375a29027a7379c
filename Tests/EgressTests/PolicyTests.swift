import HTTPTypes
import Logging
import Synchronization
import Testing

@testable import Egress

@Suite struct PolicyTests {
  @Test(arguments: [
    ("", EgressRefusal.malformed), ("example.com", .malformed), ("//example.com", .malformed), ("https://", .malformed),
    ("https:///a", .malformed), ("https://a b.example/", .malformed), ("https://example.com/\u{0}", .malformed),
    ("https://example.com/\r\nHost: b", .malformed), ("https://exämple.com", .malformed),
    ("https://example.com/#a", .malformed),
    ("https://example.com\\@evil.example", .malformed), ("https://example.com.", .malformed),
    ("https://-a.example", .malformed),
    ("https://a..example", .malformed), ("https://example.com:", .malformed), ("https://example.com:0", .malformed),
    ("https://example.com:99999", .malformed), ("https://example.com:+443", .malformed), ("https://1.2.3", .malformed),
    ("https://a.0x7f", .malformed), ("https://[::1", .malformed), ("https://[1.2.3.4]", .malformed),
    ("https://::1", .malformed),
    ("http://example.com", .scheme), ("ftp://example.com", .scheme), ("file:///etc/passwd", .scheme),
    ("gopher://example.com", .scheme), ("https://user@example.com", .userInformation),
    ("https://a:b@example.com", .userInformation),
    ("https://example.com:8443", .port), ("https://example.com:22", .port), ("https://1.1.1.1", .addressLiteral),
    ("https://[2606:4700::1111]", .addressLiteral), ("https://localhost", .localName), ("https://vault", .localName),
  ])
  func aURLThatMayNotBeUsedIsRefusedWhenSaved(text: String, reason: EgressRefusal) {
    #expect(throws: reason) { try EgressPolicy().check(text) }
  }

  @Test(arguments: [
    "https://example.com", "https://EXAMPLE.com:443/a/b?c=d#".dropLast().description, "https://xn--exmple-cua.com/",
    "https://a_b.example/",
  ])
  func ordinaryURLsPass(text: String) throws { try EgressPolicy().check(text) }

  @Test func theListExemptsExactlyWhatItNames() throws {
    let policy = EgressPolicy(allowed: try EgressPolicy.destinations("127.0.0.1:9700, idp.corp:8443 [::1]:9000,box:80"))
    for text in [
      "http://127.0.0.1:9700/a", "https://127.0.0.1:9700", "https://IDP.corp:8443", "http://[::1]:9000", "http://box",
    ] {
      try policy.check(text)
    }
    for text in [
      "http://127.0.0.1:9701", "http://127.0.0.2:9700", "https://idp.corp.evil.example:8443", "http://idp.corp",
    ] {
      #expect(throws: EgressRefusal.self) { try policy.check(text) }
    }
  }

  @Test(arguments: [
    "localhost", "*:80", "a:b", "a:0", "a:80:90", "[::1]", "[1.2.3.4]:80", "a.example:80/x", "http://a:80",
  ])
  func aListWithABrokenEntryIsRefusedWhole(list: String) {
    #expect(throws: EgressListError.self) { try EgressPolicy.destinations("b.example:443,\(list)") }
  }

  @Test func ourOwnServicesAreRefusedUnderEveryName() async throws {
    try await withServer(.init(trigger: "\r\n\r\n", reply: okReply)) { server async throws in
      let port = server.port
      var policy = try allowing(
        "127.0.0.1:\(port)", "127.0.0.2:\(port)", "[::1]:\(port)", "sneaky.test:\(port)", "0.0.0.0:\(port)")
      policy.ownServices = try EgressPolicy.destinations("vault.internal:\(port)")
      let resolver = ScriptedResolver(["vault.internal": [["127.0.0.1"]], "sneaky.test": [["127.0.0.1"]]])
      try await withClient(policy, resolver: resolver) { client async throws in
        for host in ["127.0.0.1", "127.0.0.2", "[::1]", "sneaky.test", "vault.internal", "0.0.0.0"] {
          #expect(
            await failure(client, EgressRequest(.get, "http://\(host):\(port)/")) == .refused(.ownService), "\(host)")
        }
      }
      #expect(server.connections == 0)
    }
  }

  @Test func nothingThatIsPrintedShowsAPathOrBody() async throws {
    let request = EgressRequest(
      .post, "https://evil.internal/CANARY?token=CANARY", headers: [.authorization: "CANARY"],
      body: .init("CANARY".utf8))
    var dumped = "\(request) \(String(reflecting: request)) \(try EgressURL(request.url))"
    dump(request, to: &dumped)
    let response = EgressResponse(status: .ok, headers: [.setCookie: "CANARY"], body: .init("CANARY".utf8))
    dump(response, to: &dumped)
    #expect(!dumped.contains("CANARY"))
    let lines = KeepingLogHandler.Lines()
    let logger = Logger(label: "test", factory: { _ in KeepingLogHandler(lines: lines) })
    try await withClient(
      EgressPolicy(), resolver: ScriptedResolver(["evil.internal": [["10.0.0.1"]]]), logger: logger
    ) { client async throws in
      guard case .refused = await failure(client, request) else {
        Issue.record("not refused")
        return
      }
    }
    let logged = lines.all.withLock { $0 }
    #expect(logged.count == 1)
    #expect(!logged.joined().contains("CANARY"))
  }
}
