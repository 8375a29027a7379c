import FoundationEssentials
import Hummingbird
import Logging
import Model
import ServiceKit
import TestSupport
import Testing

@Suite struct JSONLogHandlerTests {
  private let log = RecordedLog()

  private func logger(_ level: Logger.Level = .trace) -> Logger {
    Logger(label: "test") { [log] in JSONLogHandler(service: "vault", label: $0, level: level, sink: log) }
  }

  private struct Record: Decodable {
    var level: String
    var time: Date
    var service: String
    var source: String
    var message: String
    var requestId: String?
    var errorType: String?
  }

  @Test func aRecordIsOneLineOfJSON() throws {
    var logger = logger()
    logger[metadataKey: "hb.request.id"] = "req_1"
    logger.info("first\nline", metadata: ["count": .stringConvertible(3), "list": ["a", ["b": "c"]], "on": "yes"])
    let line = try #require(log.lines.first)
    #expect(!line.contains("\n"))
    let record = try WireJSON.decode(Record.self, from: Data(line.utf8))
    #expect(record.level == "info")
    #expect(record.service == "vault")
    #expect(record.message == "first\nline")
    #expect(record.requestId == "req_1")
    #expect(line.contains(#""metadata":{"count":3,"list":["a",{"b":"c"}],"on":"yes"}"#))
  }

  @Test func lessImportantRecordsAreLeftOut() {
    let logger = logger(.warning)
    logger.info("no")
    logger.error("yes")
    #expect(log.lines.count == 1)
  }

  @Test func ofAnErrorOnlyTheTypeIsWritten() throws {
    struct Boom: Error { var text = "canary" }
    logger().error("failed", error: Boom())
    let record = try WireJSON.decode(Record.self, from: Data(log.text.utf8))
    #expect(record.errorType == "Boom")
    #expect(!log.text.contains("canary"))
  }

  @Test func secretsAreReplacedWhereverTheyStand() {
    let token = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJnYXRld2F5In0.c2lnbmF0dXJlLWNhbmFyeQ"
    let values = [
      "lyk_canary", "lys_canary", token, "Bearer canary-1", "Basic canary-2",
      "https://a.example/cb?code=canary&state=canary",
      "got lyk_canary, then Bearer canary and \(token)", "url='/cb?x=canary'", "\"lys_canary\"",
    ]
    for value in values {
      logger().info("\(value)", metadata: ["note": "\(value)", "list": ["\(value)"], "map": ["note": "\(value)"]])
    }
    let keys = [
      "token", "accessToken", "refresh_token", "clientSecret", "client-secret", "password", "authorization",
      "Authorization", "set-cookie", "code", "oauth.code", "state", "codeVerifier", "apiKey", "nonce",
    ]
    for key in keys { logger().info("x", metadata: ["\(key)": "canary", "outer": ["\(key)": ["canary"]]]) }
    #expect(log.lines.count == values.count + keys.count)
    #expect(!log.text.contains("canary"))
    #expect(!log.text.contains(token))
  }

  @Test func harmlessValuesStay() {
    logger().info(
      "Bearer of news: why? Because.",
      metadata: [
        "statusCode": "200", "errorCode": "not_found", "route": "/v1/connections/{id}", "keyId": "vault-1",
        "eyJ": "eyJ",
      ])
    for text in ["why? Because.", "200", "not_found", "/v1/connections/{id}", "vault-1", #""eyJ":"eyJ""#] {
      #expect(log.text.contains(text), "\(text)")
    }
  }

  /// The server's own middleware logs the whole request line; this is what becomes of it.
  @Test func theServersOwnRequestRecordLosesItsQuery() async throws {
    try await RunningService.with(.vault, log: log) { environment in
      let router = ServiceRouter(environment)
      router.add(middleware: LogRequestsMiddleware(.info, includeHeaders: .all()))
      router.get("/cb") { _, _ in "ok" }
      return ServiceComposition(router: router)
    } _: { service in
      var answer = try await service.get(
        "/cb?code=SECRETCODE&state=SECRETSTATE", headers: ["Authorization": "Bearer SECRETTOKEN"])
      #expect(answer.status == 200)
      answer = try await service.get("/missing/SECRETPATH?code=SECRETCODE")
      #expect(answer.status == 404)
    }
    #expect(log.text.contains(#""route":"/cb""#))
    #expect(log.text.contains("hb.request.path"))
    #expect(!log.text.contains("SECRETCODE"))
    #expect(!log.text.contains("SECRETSTATE"))
    #expect(!log.text.contains("SECRETTOKEN"))
    print("figure: secrets in the log after a callback with code, state and credential: 0 of 3")
  }

  @Test func aThrownErrorIsLoggedByTypeAndAnsweredWithoutIt() async throws {
    struct Boom: Error { var text = "canary" }
    try await RunningService.with(.vault, log: log) { environment in
      let router = ServiceRouter(environment)
      router.get("/boom/:id") { _, _ -> String in throw Boom() }
      return ServiceComposition(router: router)
    } _: { service in
      let answer = try await service.get("/boom/canary-id?x=canary")
      #expect(answer.status == 500)
      #expect(answer.problem?.code == .internalError)
      #expect(!answer.text.contains("canary"))
    }
    let lines = log.lines.filter { $0.contains("req_") }
    #expect(lines.contains { $0.contains(#""errorType":"Boom""#) && $0.contains("unmapped error") })
    #expect(lines.contains { $0.contains(#""route":"/boom/{id}""#) && $0.contains(#""status":500"#) })
    #expect(!log.text.contains("canary"))
  }
}

@Suite struct LogCostTests {
  private struct Nowhere: LogSink { func write(_ line: String) {} }

  @Test func everyCharacterSurvivesAsJSON() throws {
    let log = RecordedLog()
    let logger = Logger(label: "test") { JSONLogHandler(service: "vault", label: $0, sink: log) }
    let text = "quote \" backslash \\ tab \t zero \u{0} bell \u{7} delete \u{7F} newline \n ä 日本 🔑"
    logger.info("\(text)", metadata: ["\(text)": "\(text)", "none": [:], "empty": []])
    struct Record: Decodable {
      struct Metadata: Decodable { var empty: [String], none: [String: String] }
      var message: String
      var metadata: Metadata
    }
    let record = try WireJSON.decode(Record.self, from: Data(log.text.utf8))
    #expect(record.message == text)
    #expect(record.metadata.empty.isEmpty)
  }

  @Test func aRequestRecordIsCheap() {
    var logger = Logger(label: "test") { JSONLogHandler(service: "vault", label: $0, sink: Nowhere()) }
    logger[metadataKey: "hb.request.id"] = "req_abcdefghijklmnop"
    logger[metadataKey: "traceId"] = "4bf92f3577b34da6a3ce929d0e0e4736"
    let line = logger
    func record() {
      line.info(
        "request",
        metadata: [
          "method": "POST", "route": "/internal/connections/{id}/release", "status": .stringConvertible(200),
          "durationMs": .stringConvertible(1.25), "caller": "gateway",
        ])
    }
    record()
    let microseconds = ContinuousClock().measure { for _ in 0..<1_000 { record() } } / .microseconds(1_000)
    print("figure: log record of a request \(microseconds) µs")
    #expect(microseconds < 2_000)
  }
}
