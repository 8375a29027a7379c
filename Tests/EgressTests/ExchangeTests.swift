import Egress
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import TestSupport
import Testing

@Suite struct ExchangeTests {
  private func url(_ server: SocketServer, _ path: String = "/") -> String { "http://127.0.0.1:\(server.port)\(path)" }
  private func policy(_ server: SocketServer) throws -> EgressPolicy { try allowing("127.0.0.1:\(server.port)") }
  private func post(_ url: String) -> EgressRequest { EgressRequest(.post, url, body: Data("grant=BODYEND".utf8)) }

  @Test func aRequestArrivesAsItIs() async throws {
    try await withServer(.init(trigger: "BODYEND", reply: okReply)) { server async throws in
      try await withClient(policy(server)) { client async throws in
        var request = post(url(server, "/token?a=%2Fb"))
        request.headers[.accept] = "application/json"
        for name in ["Host", "Content-Length", "Transfer-Encoding", "Connection", "Expect"] {
          request.headers.append(HTTPField(name: try #require(HTTPField.Name(name)), value: "evil"))
        }
        let response = try await client.send(request)
        #expect(response.status == .ok)
        #expect(response.body == Data("ok".utf8))
        #expect(response.headers[.contentType] == "text/plain")
      }
      let sent = try #require(server.requests.first)
      #expect(sent.hasPrefix("POST /token?a=%2Fb HTTP/1.1\r\n"))
      #expect(sent.lowercased().contains("\r\nhost: 127.0.0.1:\(server.port)\r\n"))
      #expect(sent.lowercased().contains("\r\nuser-agent: lanyard\r\n"))
      #expect(!sent.contains("evil"))
      #expect(!sent.lowercased().contains("traceparent"))
    }
  }

  @Test func redirectsAreAnswersAndAreNotFollowed() async throws {
    try await withServer(.init(trigger: "\r\n\r\n", reply: okReply)) { target async throws in
      for status in [301, 302, 303, 307, 308] {
        let reply = "HTTP/1.1 \(status) X\r\nLocation: http://127.0.0.1:\(target.port)/\r\nContent-Length: 0\r\n\r\n"
        try await withServer(.init(trigger: "\r\n\r\n", reply: reply)) { server async throws in
          try await withClient(allowing("127.0.0.1:\(server.port)", "127.0.0.1:\(target.port)")) {
            client async throws in
            #expect(try await client.send(EgressRequest(.get, url(server))).status.code == status)
            #expect(try await client.send(post(url(server))).status.code == status)
          }
        }
      }
      #expect(target.connections == 0)
    }
  }

  @Test func proxiesFromTheEnvironmentAreIgnored() async throws {
    try await withServer(.init(trigger: "", reply: okReply)) { proxy async throws in
      let names = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
      for name in names { setenv(name, "http://127.0.0.1:\(proxy.port)", 1) }
      defer { for name in names { unsetenv(name) } }
      try await withServer(.init(trigger: "\r\n\r\n", reply: okReply)) { server async throws in
        try await withClient(policy(server)) { client async throws in
          #expect(try await client.send(EgressRequest(.get, url(server))).status == .ok)
        }
      }
      #expect(proxy.connections == 0)
    }
  }

  @Test func connectionsAreUsedAgainUnlessAFreshOneIsWanted() async throws {
    try await withServer(.init(trigger: "\r\n\r\n", reply: okReply)) { server async throws in
      try await withClient(policy(server)) { client async throws in
        for _ in 0..<3 { _ = try await client.send(EgressRequest(.get, url(server))) }
        #expect(server.connections == 1)
        for _ in 0..<3 { _ = try await client.send(EgressRequest(.get, url(server), freshConnection: true)) }
        #expect(server.connections == 4)
      }
    }
  }

  @Test(arguments: [false, true])
  func aBodyAboveTheLimitIsCutOff(chunked: Bool) async throws {
    let size = 5000
    let body = String(repeating: "x", count: size)
    let reply =
      chunked
      ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(String(size, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
      : "HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n\(body)"
    try await withServer(.init(trigger: "\r\n\r\n", reply: reply)) { server async throws in
      try await withClient(policy(server)) { client async throws in
        var request = EgressRequest(.get, url(server), maximumResponseBytes: size)
        #expect(try await client.send(request).body.count == size)
        request.maximumResponseBytes = size - 1
        #expect(await failure(client, request) == .tooLarge(limit: size - 1))
      }
    }
  }

  @Test func anEndlessBodyIsCutOffAndItsConnectionEnded() async throws {
    let reply =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      + String(repeating: "400\r\n\(String(repeating: "x", count: 1024))\r\n", count: 1100)
    try await withServer(.init(trigger: "\r\n\r\n", reply: reply)) { server async throws in
      try await withClient(policy(server)) { client async throws in
        #expect(await failure(client, EgressRequest(.get, url(server))) == .tooLarge(limit: 1 << 20))
        await server.connectionEnded()
      }
    }
  }

  @Test func aServerThatDoesNotAnswerIsGivenUp() async throws {
    try await withServer(.init(trigger: "never")) { server async throws in
      try await withClient(policy(server), limits: limits(firstByte: .seconds(1))) { client async throws in
        let start = ContinuousClock.now
        #expect(await failure(client, post(url(server))) == .outcomeUnknown(.timeout))
        #expect(await failure(client, EgressRequest(.get, url(server))) == .outcomeUnknown(.timeout))
        let took = ContinuousClock.now - start
        #expect(took >= .milliseconds(1990) && took < .seconds(40))
      }
    }
  }

  @Test func aBodyThatDoesNotEndIsGivenUp() async throws {
    try await withServer(.init(trigger: "\r\n\r\n", reply: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstart")) {
      server async throws in
      try await withClient(policy(server), limits: limits(total: .seconds(1))) { client async throws in
        let start = ContinuousClock.now
        #expect(await failure(client, post(url(server))) == .outcomeUnknown(.timeout))
        let took = ContinuousClock.now - start
        #expect(took >= .milliseconds(990) && took < .seconds(40))
      }
    }
  }

  @Test func aHeadThatArrivesTooLateIsGivenUpOnlyThen() async throws {
    let router = Router()
    router.get("slow") { request, _ in
      try await Task.sleep(for: .milliseconds(Int(request.uri.queryParameters["ms"] ?? "0") ?? 0))
      return "ok"
    }
    try await withApplication(router) { port async throws in
      try await withClient(allowing("127.0.0.1:\(port)"), limits: limits(firstByte: .seconds(2))) {
        client async throws in
        #expect(try await client.send(EgressRequest(.get, "http://127.0.0.1:\(port)/slow?ms=50")).status == .ok)
        let late = await failure(client, EgressRequest(.get, "http://127.0.0.1:\(port)/slow?ms=30000"))
        #expect(late == .outcomeUnknown(.timeout))
      }
    }
  }

  @Test func aClosedPortIsNotSent() async throws {
    let port = try FreePort.next()
    try await withClient(allowing("127.0.0.1:\(port)")) { client async throws in
      let start = ContinuousClock.now
      #expect(await failure(client, post("http://127.0.0.1:\(port)/")) == .notSent(.connect))
      #expect(await failure(client, EgressRequest(.get, "http://127.0.0.1:\(port)/")) == .notSent(.connect))
      #expect(ContinuousClock.now - start < .seconds(40), "a refused connection is known at once")
    }
  }

  @Test func theNextCheckedAddressIsTriedWhenOneCannotBeConnectedTo() async throws {
    try await withServer(.init(trigger: "BODYEND", reply: okReply)) { server async throws in
      let resolver = ScriptedResolver(["provider.test": [["127.0.0.3", "127.0.0.1"]]])
      try await withClient(allowing("provider.test:\(server.port)"), resolver: resolver) { client async throws in
        #expect(try await client.send(post("http://provider.test:\(server.port)/")).status == .ok)
      }
      #expect(server.requests.count == 1)
    }
  }

  @Test func aResetBeforeTheRequestIsNotSent() async throws {
    // The TLS handshake needs answers, so nothing of the request can be out.
    for ending in [SocketServer.Ending.reset, .close] {
      try await withServer(.init(trigger: "", ending: ending)) { server async throws in
        try await withClient(policy(server)) { client async throws in
          let error = await failure(client, post("https://127.0.0.1:\(server.port)/"))
          guard case .notSent? = error else {
            Issue.record("\(String(describing: error))")
            return
          }
          // Two addresses would be tried; there is one.
          #expect(server.connections == 1)
        }
      }
    }
  }

  @Test(arguments: [
    ("", SocketServer.Ending.reset), ("", .close), ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstart", .close),
    ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstart", .reset), ("HTTP/1.1 200", .close),
  ])
  func aResetAfterTheRequestLeavesTheOutcomeUnknown(reply: String, ending: SocketServer.Ending) async throws {
    try await withServer(.init(trigger: "BODYEND", reply: reply, ending: ending)) { server async throws in
      try await withClient(policy(server)) { client async throws in
        let error = await failure(client, post(url(server)))
        guard case .outcomeUnknown? = error else {
          Issue.record("\(String(describing: error))")
          return
        }
        #expect(server.requests.count == 1, "nothing is sent twice")
      }
    }
  }

  @Test func whatIsNoHTTPIsAnInvalidAnswer() async throws {
    try await withServer(.init(trigger: "BODYEND", reply: "SSH-2.0-OpenSSH\r\n\r\n")) { server async throws in
      try await withClient(policy(server)) { client async throws in
        #expect(await failure(client, post(url(server))) == .outcomeUnknown(.invalidResponse))
      }
    }
  }

  @Test func aNameWithoutAnAddressIsNotSent() async throws {
    try await withClient(EgressPolicy(), resolver: ScriptedResolver([:])) { client async throws in
      #expect(await failure(client, EgressRequest(.get, "https://nowhere.test/")) == .notSent(.resolve))
    }
  }

  @Test func theSystemsResolverAnswers() async throws {
    try await withServer(.init(trigger: "\r\n\r\n", reply: okReply)) { server async throws in
      try await withClient(allowing("localhost:\(server.port)")) { client async throws in
        #expect(try await client.send(EgressRequest(.get, "http://localhost:\(server.port)/")).status == .ok)
      }
    }
  }

  @Test func aListedIPv6AddressIsReached() async throws {
    // A machine without IPv6 has nothing to listen on.
    guard let server = try? await SocketServer(host: "::1", .init(trigger: "\r\n\r\n", reply: okReply)) else { return }
    try await withClient(allowing("[::1]:\(server.port)")) { client async throws in
      #expect(try await client.send(EgressRequest(.get, "http://[::1]:\(server.port)/")).status == .ok)
    }
    #expect(server.requests.first?.lowercased().contains("\r\nhost: [::1]:\(server.port)\r\n") == true)
    await server.stop()
  }

  @Test func afterShutdownNothingIsSent() async throws {
    try await withServer(.init(trigger: "\r\n\r\n", reply: okReply)) { server async throws in
      let client = try EgressClient(policy: policy(server), logger: quiet)
      await client.shutdown()
      #expect(await failure(client, EgressRequest(.get, url(server))) == .notSent(.shutdown))
      #expect(server.connections == 0)
    }
  }

  @Test func theCertificateIsCheckedForTheNameAndAgainstTheHostsOwnAuthority() async throws {
    let authority = try TestCertificates.authorityFile()
    defer { try? FileManager.default.removeItem(at: authority) }
    let router = Router()
    router.get("/") { _, _ in "ok" }
    let server = try HTTPServerBuilder.tls(.http1(), tlsConfiguration: TestCertificates.serverConfiguration())
    let path = authority.path
    try await withApplication(router, server: server) { port async throws in
      let policy = try allowing("provider.test:\(port)", "other.test:\(port)", "127.0.0.1:\(port)")
      let trusted = ["provider.test": path, "other.test": path, "127.0.0.1": path]
      try await withClient(policy, authorities: trusted, resolver: LoopbackResolver()) { client async throws in
        #expect(try await client.send(EgressRequest(.get, "https://provider.test:\(port)/")).status == .ok)
        #expect(await failure(client, EgressRequest(.get, "https://other.test:\(port)/")) == .notSent(.tls))
        #expect(await failure(client, EgressRequest(.get, "https://127.0.0.1:\(port)/")) == .notSent(.tls))
      }
      try await withClient(policy, resolver: LoopbackResolver()) { client async throws in
        let request = EgressRequest(.post, "https://provider.test:\(port)/", body: Data("secret".utf8))
        #expect(await failure(client, request) == .notSent(.tls))
      }
    }
  }

  @Test func manyRequestsAtOnceShareOneResolutionAndAFewConnections() async throws {
    try await withServer(.init(trigger: "\r\n\r\n", reply: okReply)) { server async throws in
      let resolver = ScriptedResolver(["provider.test": [["127.0.0.1"]]])
      let url = "http://provider.test:\(server.port)/"
      let answered = try await withClient(allowing("provider.test:\(server.port)"), resolver: resolver) {
        client async throws in
        try await withThrowingTaskGroup(of: Int.self) { group in
          for _ in 0..<500 { group.addTask { try await client.send(EgressRequest(.get, url)).status.code } }
          return try await group.reduce(0) { $0 + ($1 == 200 ? 1 : 0) }
        }
      }
      #expect(answered == 500)
      #expect(resolver.calls == 1)
      #expect(server.connections <= 64)
      print(
        "figure: 500 requests at once: \(answered) answered, \(resolver.calls) resolution, \(server.connections) connections"
      )
    }
  }

  @Test func moreHostsThanClientsAreServedInTurn() async throws {
    try await withServer(.init(trigger: "\r\n\r\n", reply: okReply)) { server async throws in
      let hosts = (0..<200).map { "h\($0).test" }
      let policy = EgressPolicy(allowed: Set(hosts.map { EgressDestination(host: $0, port: server.port) }))
      try await withClient(policy, resolver: LoopbackResolver()) { client async throws in
        for host in hosts {
          #expect(try await client.send(EgressRequest(.get, "http://\(host):\(server.port)/")).status == .ok)
        }
      }
      #expect(server.connections == 200)
    }
  }

  @Test func aStreamIsHandedOverAsItArrivesAndEndsWhenLeft() async throws {
    let reply =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n"
    try await withServer(.init(trigger: "\r\n\r\n", reply: reply)) { server async throws in
      try await withClient(policy(server)) { client async throws in
        let first = try await client.stream(EgressRequest(.get, url(server))) { stream in
          for try await part in stream { return String(decoding: part, as: UTF8.self) }
          return ""
        }
        #expect(first == "data: a\n\n")
        await server.connectionEnded()
      }
    }
  }

  @Test func cancellingTheCallerEndsTheRequest() async throws {
    try await withServer(.init(trigger: "never")) { server async throws in
      try await withClient(policy(server)) { client async throws in
        let request = post(url(server))
        try await withThrowingTaskGroup(of: EgressError?.self) { group in
          group.addTask { await failure(client, request) }
          while server.connections == 0 { try await letOthersRun() }
          group.cancelAll()
          for try await error in group {
            #expect(error == .outcomeUnknown(.cancelled) || error == .notSent(.cancelled))
          }
        }
        await server.connectionEnded()
      }
    }
  }
}
