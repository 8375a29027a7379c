import Foundation
import Model
import TestSupport
import Testing

@testable import GatewayKit

private struct MissingScopes: Error {}

/// What the bridge needs of the gateway: its files, and consent in words.
@Suite struct BridgeTests {
  @Test(arguments: [
    ("host.js", "text/javascript; charset=utf-8"), ("app.js", "text/javascript; charset=utf-8"),
    ("hand-over.js", "text/javascript; charset=utf-8"),
    ("app-source.js", "text/javascript; charset=utf-8"), ("charmiq.d.ts", "application/typescript; charset=utf-8"),
  ])
  func anyPageMayLoadTheBridge(name: String, type: String) async throws {
    try await RunningGateway.with { gateway async throws in
      let file = try await gateway.call("GET", "/bridge/\(name)", as: nil)
      #expect(file.status == 200 && file.header("Content-Type") == type && !file.body.isEmpty)
      #expect(file.header("Access-Control-Allow-Origin") == "*")
      #expect(file.header("Cross-Origin-Resource-Policy") == "cross-origin")
      #expect(file.header("Cache-Control") == "public, max-age=300")
    }
  }

  @Test func theAppScriptComesAsATextThatCannotEndAScriptElement() async throws {
    try await RunningGateway.with { gateway async throws in
      let script = try await gateway.call("GET", "/bridge/app.js", as: nil).text
      let module = try await gateway.call("GET", "/bridge/app-source.js", as: nil).text
      let literal = try #require(module.split(separator: "export const appSource = ").last).dropLast(2)
      #expect(try JSONDecoder().decode(String.self, from: Data(literal.utf8)) == script)
      #expect(!module.contains("<"))
    }
  }

  @Test func aFlowSaysInWordsWhatItAsksFor() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.on(ConnectionEndpoints.resolve, ResolvedConnection(outcome: .none))
      let consent = try #require(try await gateway.resolve().json["flow"]?["consent"])
      #expect(consent["organizationName"]?.text == "Acme" && consent["integrationName"]?.text == "Acme Drive")
      #expect(consent["provider"]?["name"]?.text == "GitHub" && consent["userDisplay"]?.text == "maya@example.com")
      guard case .array(let scopes)? = consent["scopes"] else { throw MissingScopes() }
      #expect(scopes.map { $0["scope"]?.text } == ["repo", "read:user"])
      #expect(scopes[0]["description"]?.text == "See and change all your repositories, private ones too")
      #expect(scopes[0]["sensitive"] == .bool(true) && scopes[1]["sensitive"] == .bool(false))
    }
  }

  @Test func theConnectPageShowsTheSameWords() async throws {
    try await RunningGateway.with { gateway async throws in
      let page = try await gateway.call("GET", "/connect/flw_1", as: nil).text
      #expect(page.contains("See and change all your repositories, private ones too") && page.contains("<code"))
    }
  }

  @Test func thePickedAccountIsAskedForAndMayLeadToConsent() async throws {
    try await RunningGateway.with { gateway async throws in
      let n = gateway.neighbours
      n.on(
        ConnectionEndpoints.resolve, ResolvedConnection(outcome: .reauthorizationRequired, connection: n.connection()))
      let answer = try await gateway.resolve(#","preferredConnectionId":"con_1""#)
      #expect(answer.json["status"]?.text == "consentRequired")
      let asked = try WireJSON.decode(
        ResolveConnection.self, from: try #require(gateway.calls(ConnectionEndpoints.resolve).first).body)
      #expect(asked.preferredConnectionId?.rawValue == "con_1" && asked.connectionId == nil)
      let flow = try WireJSON.decode(
        CreateFlow.self, from: try #require(gateway.calls(FlowEndpoints.create).first).body)
      #expect(flow.connectionId?.rawValue == "con_1")
    }
  }

  @Test func onlyTheEndOfAFlowRunsAScriptOfOurs() async throws {
    try await RunningGateway.with { gateway async throws in
      let n = gateway.neighbours
      n.on(FlowEndpoints.facts, n.facts(status: FlowStatus(status: .completed, connectionId: .random())))
      let first = try await gateway.call("GET", "/connect/flw_1", as: nil)
      let second = try await gateway.call("GET", "/connect/flw_1", as: nil)
      let nonces = try [first, second].map { page in
        let policy = try #require(page.header("Content-Security-Policy"))
        let nonce = String(try #require(policy.split(separator: "script-src 'nonce-").last).dropLast())
        #expect(page.text.contains("<script nonce=\"\(nonce)\" src=\"/assets/outcome.js\">"), "\(policy)")
        #expect(!policy.contains("unsafe"))
        return nonce
      }
      #expect(nonces[0] != nonces[1] && nonces[0].count == 22)
      #expect(first.text.contains("data-closes"))
      #expect(first.header("Cross-Origin-Opener-Policy") == nil, "the host's page must see that its window was closed")
      n.on(
        FlowEndpoints.facts,
        n.facts(status: FlowStatus(status: .failed, error: .init(code: .accessDenied, message: "No."))))
      #expect(try await !gateway.call("GET", "/connect/flw_1", as: nil).text.contains("data-closes"))
    }
  }
}
