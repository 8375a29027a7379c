import Foundation
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// The host platform's pages may call the public API from a browser; nobody else's may.
@Suite struct CrossOriginTests {
  private static let variables = ["LANYARD_PUBLIC_HOST_ORIGINS": "https://app.example.com,http://127.0.0.1:*"]
  private static let preflight = [
    "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type",
  ]

  @Test(arguments: ["https://app.example.com", "http://127.0.0.1:8123", "http://127.0.0.1", RunningGateway.publicURL])
  func aNamedOriginMayCall(_ origin: String) async throws {
    try await RunningGateway.with(variables: Self.variables) { gateway async throws in
      let asked = try await gateway.call(
        "OPTIONS", "/v1/auth/resolve", as: nil, headers: Self.preflight.merging(["Origin": origin]) { $1 })
      #expect(asked.status == 204 && asked.header("Access-Control-Allow-Origin") == origin)
      #expect(asked.header("Access-Control-Allow-Headers")?.contains("Authorization") == true)
      #expect(asked.header("Access-Control-Allow-Methods")?.contains("DELETE") == true)
      #expect(asked.header("Access-Control-Max-Age") == "7200" && asked.header("Vary") == "Origin")
      let answer = try await gateway.call("GET", "/v1/me", headers: ["Origin": origin])
      #expect(answer.status == 200 && answer.header("Access-Control-Allow-Origin") == origin)
      #expect(answer.header("Access-Control-Allow-Credentials") == nil, "no cookie is ever accepted")
      #expect(answer.header("Access-Control-Expose-Headers")?.contains("Retry-After") == true)
    }
  }

  @Test func aPageLearnsWhyItsCallFailed() async throws {
    try await RunningGateway.with(variables: Self.variables) { gateway async throws in
      let headers = ["Origin": "https://app.example.com"]
      gateway.neighbours.fail(ConnectionEndpoints.resolve, ServiceError(.unavailable, "Later."))
      let failed = try await gateway.call(
        "POST", "/v1/auth/resolve", json: #"{"providerUrl":"https://github.com","application":{"id":"app_1"}}"#,
        headers: headers)
      #expect(failed.status == 503 && failed.header("Access-Control-Allow-Origin") == "https://app.example.com")
      let refused = try await gateway.call("GET", "/v1/me", as: "lys_unknown", headers: headers)
      #expect(refused.status == 401 && refused.header("Access-Control-Allow-Origin") == "https://app.example.com")
    }
  }

  @Test(arguments: ["/mcp", "/mcp/mcp_1", "/mcp/proxy"])
  func aNamedOriginMayCallMCPServers(_ path: String) async throws {
    try await RunningGateway.with(variables: Self.variables) { gateway async throws in
      func ask(_ origin: String) async throws -> RunningGateway.Answer {
        try await gateway.call(
          "OPTIONS", path, as: nil,
          headers: [
            "Origin": origin, "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, mcp-param-region, x-evil, mcp-param-b",
          ])
      }
      let asked = try await ask("https://app.example.com")
      let allowed = asked.header("Access-Control-Allow-Headers")?.lowercased() ?? ""
      #expect(asked.header("Access-Control-Allow-Methods") == "POST")
      for name in [
        "authorization", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id",
        "lanyard-application", "lanyard-connection", "lanyard-server-url", "lanyard-server-authorization",
        "mcp-param-region", "mcp-param-b",
      ] { #expect(allowed.contains(name)) }
      #expect(!allowed.contains("x-evil") && !allowed.contains("*"))
      #expect(try await ask("https://evil.example").header("Access-Control-Allow-Headers") == nil)
      let answer = try await gateway.call(
        "POST", path, as: nil, json: "{}", headers: ["Origin": "https://app.example.com"])
      #expect(answer.status == 401 && answer.header("Access-Control-Allow-Origin") == "https://app.example.com")
      #expect(answer.header("Access-Control-Expose-Headers")?.contains("Mcp-Session-Id") == true)
      #expect(answer.header("Access-Control-Expose-Headers")?.contains("WWW-Authenticate") == true)
      let foreign = try await gateway.call("POST", path, json: "{}", headers: ["Origin": "https://evil.example"])
      #expect(foreign.status == 403 && foreign.header("Access-Control-Allow-Origin") == nil)
    }
  }

  @Test(arguments: [
    "https://evil.example", "https://app.example.com.evil.example", "http://app.example.com", "null",
    "https://app.example.com:8443", "http://127.0.0.1.evil.example:80", "http://127.0.0.1:80:90", "http://127.0.0.1:x",
  ])
  func anyOtherOriginMayNot(_ origin: String) async throws {
    try await RunningGateway.with(variables: Self.variables) { gateway async throws in
      let asked = try await gateway.call(
        "OPTIONS", "/v1/auth/resolve", as: nil, headers: Self.preflight.merging(["Origin": origin]) { $1 })
      #expect(asked.header("Access-Control-Allow-Origin") == nil)
      let answer = try await gateway.call("GET", "/v1/me", headers: ["Origin": origin])
      #expect(answer.header("Access-Control-Allow-Origin") == nil && answer.header("Vary") == "Origin")
    }
  }

  @Test func pagesAreNotSharedWithOtherOrigins() async throws {
    try await RunningGateway.with(variables: Self.variables) { gateway async throws in
      let page = try await gateway.call(
        "GET", "/connect/flw_1", as: nil, headers: ["Origin": "https://app.example.com"])
      #expect(page.status == 200 && page.header("Access-Control-Allow-Origin") == nil)
    }
  }

  @Test func withoutTheSettingOnlyOurOwnOriginMay() {
    let origins = HostOrigins([], own: PublicURL("https://lanyard.example.com"))
    #expect(origins.allows("https://lanyard.example.com") && !origins.allows("https://app.example.com"))
  }

  @Test(arguments: [
    "*", "app.example.com", "http://app.example.com", "https://app.example.com/", "https://a.example:*",
  ])
  func whatIsNoOriginIsReported(_ entry: String) {
    #expect(HostOrigins([entry], own: nil).rejected == [entry])
  }
}
