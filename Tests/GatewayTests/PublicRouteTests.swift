import Foundation
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// Every route of the public API, taken from the table that registers them.
@Suite struct PublicRouteTests {
  private static let noSales =
    #"{"name":"No sales","effect":"deny","subjects":{"groups":["sales"]}}"#

  /// A body that each route with one accepts.
  static let bodies: [String: String] = [
    "POST /v1/sessions": #"{"user":{"id":"u1"}}"#,
    "POST /v1/integrations": #"{"name":"n","provider":"github","clientId":"c","clientSecret":"s"}"#,
    "PATCH /v1/integrations/{id}": #"{"name":"n"}"#,
    "POST /v1/integrations/{id}/secrets": #"{"clientSecret":"s"}"#,
    "PATCH /v1/applications/{id}": #"{"state":"blocked"}"#,
    "POST /v1/auth/resolve": #"{"providerUrl":"https://github.com","application":{"id":"app_1"}}"#,
    "POST /v1/auth/list": #"{"providerUrl":"https://github.com","application":{"id":"app_1"}}"#,
    "POST /v1/auth/refresh": #"{"connectionId":"con_1","application":{"id":"app_1"}}"#,
    "POST /v1/auth/revoke": #"{"connectionId":"con_1","application":{"id":"app_1"}}"#,
    "POST /v1/revocations": #"{"all":true}"#,
    "POST /v1/keys/rotations": "{}",
    "POST /v1/mcp-servers": #"{"name":"n","url":"https://mcp.example.com","auth":{"type":"none"}}"#,
    "POST /v1/mcp-servers/discover": #"{"url":"https://mcp.example.com"}"#,
    "POST /v1/mcp-servers/{id}/discover": #"{"issuer":"https://id.example.com"}"#,
    "PATCH /v1/mcp-servers/{id}": #"{"allowedTools":null}"#,
    "POST /v1/mcp-servers/{id}/tools/{name}/approve": #"{"definitionHash":"h"}"#,
    "POST /v1/mcp-servers/{id}/tools/{name}/block": #"{"definitionHash":"h"}"#,
    "POST /v1/charms": #"{"id":"c","name":"n","mcpServers":[{"mcpServerId":"mcp_1","allowedTools":[]}]}"#,
    "PATCH /v1/charms/{id}": #"{"name":"n"}"#,
    "POST /v1/webhooks": #"{"url":"https://example.com/hook","events":["rule.changed"]}"#,
    "PATCH /v1/webhooks/{id}": #"{"enabled":false}"#,
    "POST /v1/sign-in-links": #"{"user":{"id":"u1"}}"#,
    "POST /v1/mcp-servers/list": #"{"application":{"id":"app_1"}}"#,
    "POST /v1/mcp-servers/{id}/connect": "{}",
    "POST /v1/rules": noSales,
    "PUT /v1/rules/{id}": noSales,
    "POST /v1/rules/preview": #"{"rules":[\#(noSales)]}"#,
    "POST /v1/decisions": #"{"subject":{"userId":"usr_1"},"resource":{"mcpServerId":"mcp_1"}}"#,
    "PUT /v1/configuration": #"{"configuration":{"rules":[]}}"#,
    "PATCH /v1/organization": #"{"defaultEffect":"deny"}"#,
    "PATCH /v1/users/{id}": #"{"role":"admin"}"#,
    "PUT /v1/organization/identity-provider":
      #"{"issuer":"https://id.example.com","clientId":"c","clientSecret":"s"}"#,
  ]

  static func target(_ path: String, id: String? = nil) -> String {
    let prefixes = [
      "sessions": "ses", "users": "usr", "integrations": "int", "flows": "flw", "connections": "con",
      "revocations": "rev", "mcp-servers": "mcp", "client-authorizations": "cla", "webhooks": "whk",
      "rules": "rul", "rotations": "kro",
    ]
    // The kind stands before the id: for rotations that is not the first word.
    let words = path.split(separator: "/").map(String.init)
    let kind = words.firstIndex(of: "{id}").map { words[$0 - 1] } ?? words[1]
    return path.replacing("{id}", with: id ?? prefixes[kind].map { "\($0)_1" } ?? "github")
      .replacing("{name}", with: "search").replacing("{notification}", with: "msg_1")
  }

  @Test func noRouteAnswersWithoutAValidCredential() async throws {
    try await RunningGateway.with { gateway async throws in
      let routes = try gateway.routes
      #expect(routes.count >= 30)
      for route in routes {
        let target = Self.target(route.path)
        let body = Self.bodies["\(route.method) \(route.path)"]
        let none = try await gateway.call(route.method, target, as: nil, json: body)
        #expect(none.status == 401 && none.code == .unauthenticated, "\(route)")
        #expect(none.header("WWW-Authenticate") == "Bearer")
        for credential in ["lys_unknown", "nonsense", "lys_\(String(repeating: "x", count: 600))"] {
          #expect(try await gateway.call(route.method, target, as: credential, json: body).status == 401, "\(route)")
        }
        let basic = try await gateway.call(
          route.method, target, as: nil, json: body, headers: ["Authorization": "Basic bHlzOng="])
        #expect(basic.status == 401, "\(route)")
      }
      let asked = Set(gateway.stub.requests.map(\.path))
      let own: Set = [ChangeEndpoints.poll.path, ChangeEndpoints.pollVault.path, SessionEndpoints.verify.path]
      #expect(asked.subtracting(own).isEmpty)
      print("figure: \(routes.count) routes, 0 answer without a valid credential")
    }
  }

  @Test func everyRouteSucceedsAndSaysHowItMayBeKept() async throws {
    try await RunningGateway.with { gateway async throws in
      // Refreshing tools and looking for an authorization server need a server at the other end.
      let walked = try gateway.routes.filter { !$0.path.hasSuffix("/tools/refresh") && !$0.path.hasSuffix("/discover") }
      for (number, route) in walked.enumerated() {
        let owner = !route.path.hasSuffix("/reconnect")
        let answer = try await gateway.call(
          route.method, Self.target(route.path), as: owner ? "lys_owner" : "lys_member",
          json: Self.bodies["\(route.method) \(route.path)"], headers: ["Idempotency-Key": "k-\(number)"])
        #expect((200..<300).contains(answer.status), "\(route.method) \(route.path): \(answer.text)")
        #expect(answer.header("Cache-Control") == "no-store")
        #expect(answer.header("X-Content-Type-Options") == "nosniff")
        if answer.status == 204 { #expect(answer.body.isEmpty) } else { #expect(answer.json != .null) }
      }
    }
  }

  @Test func everyRouteRefusesAnUnknownQueryParameterByName() async throws {
    try await RunningGateway.with { gateway async throws in
      for route in try gateway.routes {
        let answer = try await gateway.call(
          route.method, Self.target(route.path) + "?surprise=1", json: Self.bodies["\(route.method) \(route.path)"])
        #expect(answer.status == 400 && answer.detail.contains("surprise"), "\(route.method) \(route.path)")
      }
    }
  }

  @Test func everyUnsafeRouteRefusesAMalformedIdempotencyKey() async throws {
    try await RunningGateway.with { gateway async throws in
      for route in try gateway.routes where route.method != "GET" {
        for key in ["", "two words", String(repeating: "k", count: 256)] {
          let answer = try await gateway.call(
            route.method, Self.target(route.path), json: Self.bodies["\(route.method) \(route.path)"],
            headers: ["Idempotency-Key": key])
          #expect(answer.status == 400 && answer.detail.contains("Idempotency-Key"), "\(route.method) \(route.path)")
        }
      }
    }
  }

  @Test func aMalformedIdNamesNothing() async throws {
    try await RunningGateway.with { gateway async throws in
      for route in try gateway.routes
      where route.path.contains("{id}")
        && !["providers", "applications", "charms"].contains(where: route.path.contains)
      {
        let answer = try await gateway.call(
          route.method, Self.target(route.path, id: "nonsense"), as: "lys_owner",
          json: Self.bodies["\(route.method) \(route.path)"])
        #expect(answer.status == 404, "\(route.method) \(route.path)")
      }
    }
  }

  @Test func headAsksForTheCredentialTooAndUnknownMethodsAreNamed() async throws {
    try await RunningGateway.with { gateway async throws in
      #expect(try await gateway.call("HEAD", "/v1/me", as: nil).status == 401)
      let head = try await gateway.call("HEAD", "/v1/me")
      #expect(head.status == 200 && head.body.isEmpty)
      let put = try await gateway.call("PUT", "/v1/me")
      #expect(put.status == 405 && put.header("Allow")?.contains("GET") == true)
      let me = try await gateway.call("GET", "/v1/me").json
      #expect(me["organization"]?["name"]?.text == "Acme" && me["role"]?.text == "member")
    }
  }

  @Test func theCredentialAndTheQueryReachNobody() async throws {
    try await RunningGateway.with { gateway async throws in
      _ = try await gateway.resolve()
      _ = try await gateway.call("GET", "/v1/connections?cursor=canaryQuery")
      _ = try await gateway.call("GET", "/oauth/callback?state=canaryState&code=canaryCode", as: nil)
      for request in gateway.stub.requests {
        let text = String(decoding: request.body, as: UTF8.self) + request.headers.values.joined(separator: " ")
        #expect(!text.contains("lys_member"), "\(request.path)")
      }
      for canary in ["lys_member", "canaryQuery", "canaryState", "canaryCode", "access-1"] {
        #expect(!gateway.log.text.contains(canary))
      }
    }
  }
}
