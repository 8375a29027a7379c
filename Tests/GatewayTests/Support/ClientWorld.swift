import Foundation
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// A gateway with somebody signed in, and a client that registered itself.
struct ClientWorld {
  static let clientId = "mcl_1"
  static let redirectUri = "http://127.0.0.1:5000/cb"
  /// A cookie that the gateway takes for a session's.
  static let cookie = "lanyard-session=lyb_\(String(repeating: "a", count: 43))"
  static let challenge = String(repeating: "c", count: 43)

  let gateway: RunningGateway

  static func with(
    variables: [String: String] = [:], _ body: (ClientWorld) async throws -> Void
  ) async throws {
    try await RunningGateway.with(variables: variables) { gateway async throws in
      let n = gateway.neighbours
      n.on(BrowserSessionEndpoints.verify, BrowserPerson(purpose: .signIn, caller: caller(n)))
      n.on(
        RegisteredClientEndpoints.show,
        RegisteredClient(
          id: RegisteredClientID(rawValue: clientId), name: "Editor",
          redirectUris: [redirectUri, "https://e.example/cb"],
          createdAt: .now))
      n.on(ClientAuthorizationEndpoints.review, ClientRequestReview(servers: ["Mail", "Files"], isRemembered: false))
      n.on(
        ClientAuthorizationEndpoints.authorize,
        IssuedClientCode(code: WireSecret("lyc_code"), expiresAt: .now + 60))
      try await body(ClientWorld(gateway: gateway))
    }
  }

  private static func caller(_ n: Neighbours) -> Caller {
    Caller(
      credential: .consoleSession, credentialId: "bse_1", organizationId: n.organizationId, organizationName: "Acme",
      user: Caller.User(id: n.userId, externalId: "u1", email: "maya@example.com", name: "Maya"), role: .member,
      groups: [], charmId: nil, expiresAt: nil)
  }

  /// A correct request, with what a test changes: nil leaves a parameter out.
  static func query(_ changes: [String: String?] = [:], more: String = "") -> String {
    var parameters: [String: String?] = [
      "response_type": "code", "client_id": clientId, "redirect_uri": redirectUri, "code_challenge": challenge,
      "code_challenge_method": "S256", "resource": "\(RunningGateway.publicURL)/mcp", "state": "s t&1",
    ]
    parameters.merge(changes) { $1 }
    return OAuthParameters.encode(parameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }) + more
  }

  func ask(
    _ query: String = query(), cookie: String = cookie, headers: [String: String] = [:]
  ) async throws -> RunningGateway.Answer {
    try await gateway.call(
      "GET", "/oauth/authorize?\(query)", as: nil, headers: ["Cookie": cookie].merging(headers) { $1 })
  }

  /// Opens the page and presses a button, as a browser does.
  func decide(
    _ decision: String, _ query: String = query(), posted: String? = nil, token: String? = nil,
    headers: [String: String] = [:]
  ) async throws -> RunningGateway.Answer {
    let page = try await ask(query)
    let browser = try #require(page.header("Set-Cookie")?.split(separator: ";").first)
    let shown = String(try #require(page.text.firstMatch(of: /name="csrf" value="([0-9a-f]+)"/)).1)
    var fields: [String: String] = [
      "Content-Type": "application/x-www-form-urlencoded", "Cookie": "\(Self.cookie); \(browser)",
    ]
    fields.merge(headers) { $1 }
    return try await gateway.call(
      "POST", "/oauth/authorize?\(posted ?? query)", as: nil, json: "csrf=\(token ?? shown)&decision=\(decision)",
      headers: fields)
  }

  /// The parameters with which somebody is sent back.
  static func parameters(of answer: RunningGateway.Answer) throws -> [String: String] {
    let location = try #require(answer.header("Location"))
    let items = try #require(URLComponents(string: location)?.queryItems)
    return Dictionary(items.map { ($0.name, $0.value ?? "") }) { first, _ in first }
  }
}
