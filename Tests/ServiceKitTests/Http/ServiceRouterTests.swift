import FoundationEssentials
import Hummingbird
import Model
import ServiceKit
import ServiceTokens
import TestSupport
import Testing

/// Calls that the tests serve.
enum Calls {
  struct Order: Codable, Sendable, Equatable {
    var item: String
    var count: Int?
    var at: Date?
  }
  struct Receipt: Codable, Sendable, Equatable {
    var text: String
    var caller: ServiceName
  }

  static let order = Endpoint<Order, Receipt>(.vault, .post, "/internal/orders", callers: [.gateway, .exchanger])
  static let find = Endpoint<Empty, Receipt>(.vault, .get, "/internal/orders/:id/parts/:part", callers: [.gateway])
  static let remove = Endpoint<Empty, Empty>(.vault, .delete, "/internal/organizations/:id", callers: [.gateway])
  static let release = Endpoint<Order, Receipt>(.vault, .post, "/internal/release", callers: [.gateway, .exchanger])

  @Sendable static func compose(_ environment: ServiceEnvironment) async throws -> ServiceComposition {
    let router = ServiceRouter(environment)
    router.serve(order) { call in
      Receipt(text: "\(call.request.item) x\(call.request.count ?? 1)", caller: call.callerService)
    }
    router.serve(find) { call in
      let text =
        "\(try call.parameters.text("id"))|\(try call.parameters.text("part"))|\(call.parameters.query("q") ?? "-")"
      return Receipt(text: text, caller: call.callerService)
    }
    router.serve(remove) { call in
      let id = try call.parameters.id("id", as: OrganizationID.self)
      if id.rawValue == "org_busy" {
        throw ServiceError(.conflict, "Still in use.", facts: ["uses": ["con_1", "con_2"]], retryAfter: 7)
      }
      return Empty()
    }
    router.serve(release) { call in
      Receipt(text: try call.grant().id.rawValue, caller: call.callerService)
    }
    return ServiceComposition(router: router)
  }
}

@Suite struct ServiceRouterTests {
  @Test func aCallGoesThroughWithItsCaller() async throws {
    try await RunningService.with(.vault, build: Calls.compose) { service in
      let receipt = try await service.client(as: .gateway).call(Calls.order, Calls.Order(item: "tea", count: 2))
      #expect(receipt == Calls.Receipt(text: "tea x2", caller: .gateway))
      let answer = try await service.post("/internal/orders", #"{"item":"tea"}"#, as: .exchanger)
      #expect(answer.status == 200)
      #expect(answer.header("Cache-Control") == "no-store")
      #expect(answer.header("Content-Type") == "application/json")
    }
  }

  @Test func withoutAValidTokenNothingIsAnswered() async throws {
    try await RunningService.with(.vault, build: Calls.compose) { service in
      let strangers = try TestServiceKeys()
      let credentials: [String?] = [
        nil, "", "Bearer", "Bearer ", "Bearer x", "Basic x", "bearer x",
        try strangers.token(from: .gateway, to: .vault).expose { "Bearer \($0)" },
        try service.keys.token(from: .gateway, to: .policy).expose { "Bearer \($0)" },
      ]
      for credential in credentials {
        var headers = ["Content-Type": "application/json"]
        if let credential { headers["Authorization"] = credential }
        let answer = try await service.request(
          "POST", "/internal/orders", headers: headers, body: Data(#"{"item":"tea"}"#.utf8))
        #expect(answer.status == 401)
        #expect(answer.problem?.code == .unauthenticated)
        #expect(answer.header("WWW-Authenticate") == "Bearer")
      }
    }
  }

  @Test func aServiceThatHasNoBusinessHereIsRefused() async throws {
    try await RunningService.with(.vault, build: Calls.compose) { service in
      for caller in ServiceName.allCases where !Calls.order.callers.contains(caller) {
        let answer = try await service.post("/internal/orders", #"{"item":"tea"}"#, as: caller)
        #expect(answer.status == 403)
        #expect(answer.problem?.code == .forbidden)
      }
    }
  }

  @Test func aGrantIsCheckedAgainstItsPresenter() async throws {
    try await RunningService.with(.vault, build: Calls.compose) { service in
      let grant = try service.keys.grant(purposes: [.release], presenters: [.gateway])
      let order = Calls.Order(item: "tea")
      let receipt = try await service.client(as: .gateway).call(Calls.release, order, grant: grant)
      #expect(receipt.text.hasPrefix("grt_"))
      await #expect(throws: Refused(.grantRefused)) {
        try await code { try await service.client(as: .exchanger).call(Calls.release, order, grant: grant) }
      }
      await #expect(throws: Refused(.grantRefused)) {
        try await code { try await service.client(as: .gateway).call(Calls.release, order) }
      }
      let forged = try TestServiceKeys().grant(purposes: [.release], presenters: [.gateway])
      await #expect(throws: Refused(.grantRefused)) {
        try await code { try await service.client(as: .gateway).call(Calls.release, order, grant: forged) }
      }
    }
  }

  @Test(arguments: [
    (#"{"item":"tea","cuont":1}"#, 400, "unknown field: cuont"), (#"{"count":1}"#, 400, "missing field: item"),
    (#"{"item":"tea","count":"canary"}"#, 400, "wrong type of field: count"),
    (#"{"item":"tea","at":"canary"}"#, 400, "invalid value of field: at"),
    ("canary", 400, "The body is not valid JSON of the expected form."),
    ("", 400, "The body is not valid JSON of the expected form."),
  ])
  func aBadBodyIsAnsweredWithItsField(body: String, status: Int, detail: String) async throws {
    try await RunningService.with(.vault, build: Calls.compose) { service in
      let answer = try await service.post("/internal/orders", body, as: .gateway)
      #expect(answer.status == status)
      #expect(answer.problem?.code == .invalidRequest)
      #expect(answer.problem?.detail == detail)
      #expect(!answer.text.contains("canary"))
    }
  }

  @Test func sizeAndTypeOfABodyAreChecked() async throws {
    try await RunningService.with(
      .vault, variables: ["LANYARD_HTTP_MAXIMUM_BODY_BYTES": "2048"], build: Calls.compose
    ) { service in
      let large = Data(#"{"item":"\#(String(repeating: "x", count: 4_096))"}"#.utf8)
      var headers = [
        "Content-Type": "application/json",
        "Authorization": try service.keys.token(from: .gateway, to: .vault).expose { "Bearer \($0)" },
      ]
      var answer = try await service.request("POST", "/internal/orders", headers: headers, body: large)
      #expect(answer.status == 413)
      #expect(answer.problem?.code == .payloadTooLarge)
      for type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
        headers["Content-Type"] = type
        answer = try await service.request("POST", "/internal/orders", headers: headers, body: Data("{}".utf8))
        #expect(answer.status == 415)
        #expect(answer.problem?.code == .unsupportedMediaType)
      }
      headers["Content-Type"] = "Application/JSON; charset=utf-8"
      answer = try await service.request(
        "POST", "/internal/orders", headers: headers, body: Data(#"{"item":"t"}"#.utf8))
      #expect(answer.status == 200)
    }
  }

  @Test func anUnknownPathAndAWrongMethodAreToldApart() async throws {
    try await RunningService.with(.vault, build: Calls.compose) { service in
      var answer = try await service.get("/nowhere")
      #expect(answer.status == 404)
      #expect(answer.problem?.code == .notFound)
      answer = try await service.get("/internal/orders")
      #expect(answer.status == 405)
      #expect(answer.problem?.code == .methodNotAllowed)
      #expect(answer.header("Allow") == "POST")
      answer = try await service.request("PATCH", "/internal/orders/1/parts/2")
      #expect(answer.status == 405)
      #expect(answer.header("Allow") == "GET, HEAD")
      answer = try await service.get("/internal/orders/1/parts")
      #expect(answer.status == 404)
    }
  }

  @Test func identifiersInThePathAreValidated() async throws {
    try await RunningService.with(.vault, build: Calls.compose) { service in
      let client = service.client(as: .gateway)
      for bad in ["con_1", "org_", "org_a b", "org_../x", "org_%00"] {
        await #expect(throws: Refused(.invalidRequest)) {
          try await code { try await client.call(Calls.remove, parameters: ["id": bad]) }
        }
      }
      let answer = try await client.call(Calls.remove, parameters: ["id": "org_1"])
      #expect(answer == Empty())
    }
  }

  @Test func theRequestIdIsKeptIfItLooksLikeOne() async throws {
    try await RunningService.with(.vault, build: Calls.compose) { service in
      var answer = try await service.get("/nowhere", headers: ["X-Request-Id": "abc-123"])
      #expect(answer.header("X-Request-Id") == "abc-123")
      #expect(answer.problem?.requestId == "abc-123")
      for bad in [String(repeating: "a", count: 65), "a b", "a\"b", "lyk_abc"] {
        answer = try await service.get("/nowhere", headers: ["X-Request-Id": bad])
        #expect(answer.problem?.requestId.hasPrefix("req_") == true)
        #expect(answer.header("X-Request-Id") == answer.problem?.requestId)
      }
    }
  }
}

/// The code of a ``ServiceError``, which can be compared.
struct Refused: Error, Equatable {
  let code: ErrorCode
  init(_ code: ErrorCode) { self.code = code }
}

/// Turns a ``ServiceError`` into its code.
func code<Value>(_ work: () async throws -> Value) async throws -> Value {
  do { return try await work() } catch let error as ServiceError { throw Refused(error.code) }
}
