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
