import AsyncHTTPClient
import Egress
import Foundation
import Model
import NIOCore
import NIOHTTP1
import ServiceKit
import TestSupport
import Testing

@testable import GatewayKit

/// A gateway on a real socket whose neighbours are stubs.
struct RunningGateway: Sendable {
  /// The address that browsers are told; requests go to the real port.
  static let publicURL = "http://127.0.0.1:7000"

  let service: RunningService
  let neighbours: Neighbours
  let stub: StubService
  let log: RecordedLog

  static func with(
    variables: [String: String] = [:], _ body: (RunningGateway) async throws -> Void
  ) async throws {
    let neighbours = try Neighbours()
    let log = RecordedLog()
    let answer: @Sendable (StubService.Request) async throws -> StubService.Answer = { try await neighbours.answer($0) }
    try await StubService.with(answer: answer) { stub in
      defer { neighbours.closeFeeds() }
      try await RunningService.with(
        GatewayApplication.self, keys: neighbours.keys,
        variables: ["LANYARD_PUBLIC_URL": publicURL, "LANYARD_CONNECT_SIGN_IN": "optional"].merging(variables) { $1 },
        peers: [.policy: stub.url, .vault: stub.url, .exchanger: stub.url], log: log
      ) { service in
        await neighbours.changes.followed()
        await neighbours.connectionChanges.followed()
        try await body(RunningGateway(service: service, neighbours: neighbours, stub: stub, log: log))
        neighbours.closeFeeds()
      }
    }
  }

  /// What was registered, as the application registers it.
  var routes: [PublicRouter.Route] {
    get throws {
      let settings = Settings(SettingsSources(environment: ["LANYARD_PUBLIC_URL": Self.publicURL]))
      let configuration = GatewayApplication.configure(settings)
      let parts = try GatewayParts(
        peers: service.environment.peers, publicURL: try #require(configuration.publicURL),
        limits: configuration.limits,
        callerAddress: configuration.callerAddress)
      let egress = try EgressClient(resolver: NoAddresses(), logger: service.environment.logger)
      return parts.addPublicRoutes(
        to: ServiceRouter(service.environment),
        MCPParts(service.environment, egress: egress, configuration, parts.resolver))
    }
  }

  /// Nothing is reached by a gateway that only names its routes.
  private struct NoAddresses: EgressResolver {
    func addresses(of host: String) async throws -> [IPAddress] { [] }
  }

  func calls<Req, Res>(_ endpoint: Endpoint<Req, Res>) -> [StubService.Request] {
    stub.requests.filter { $0.path == endpoint.path }
  }

  struct Answer {
    let status: Int
    let headers: HTTPHeaders
    let body: Data

    var text: String { String(decoding: body, as: UTF8.self) }
    var code: ErrorCode? { try? WireJSON.decode(ProblemDocument.self, from: body).code }
    var detail: String { (try? WireJSON.decode(ProblemDocument.self, from: body).detail) ?? "" }
    var json: JSONValue { (try? WireJSON.decode(JSONValue.self, from: body)) ?? .null }
    func header(_ name: String) -> String? { headers.first(name: name) }
    func values(_ name: String) -> [String] { headers[name] }
  }

  /// A call. Of a credential only what comes after `Bearer `.
  func call(
    _ method: String, _ target: String, as credential: String? = "lys_member", json: String? = nil,
    headers: [String: String] = [:]
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: service.url + target)
    request.method = HTTPMethod(rawValue: method)
    if let credential { request.headers.add(name: "Authorization", value: "Bearer \(credential)") }
    if let json {
      if headers["Content-Type"] == nil { request.headers.add(name: "Content-Type", value: "application/json") }
      request.body = .bytes(ByteBuffer(string: json))
    }
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    let response = try await service.http.execute(request, timeout: .seconds(30))
    let body = try await response.body.collect(upTo: 4_194_304)
    return Answer(
      status: Int(response.status.code), headers: response.headers, body: Data(body.readableBytesView))
  }

  static let application = #""application":{"id":"app_1","name":"Notes"}"#

  func resolve(_ fields: String = "", as credential: String = "lys_member") async throws -> Answer {
    try await call(
      "POST", "/v1/auth/resolve", as: credential,
      json: #"{"providerUrl":"https://github.com",\#(Self.application)\#(fields)}"#)
  }
}
