import AsyncHTTPClient
import Foundation
import Model
import NIOCore
import NIOHTTP1
import ServiceKit
import ServiceTokens
import TestSupport
import Testing

@testable import VaultKit

/// Requests that no service of ours would send, on every call.
@Suite struct BadInputTests {
  private struct Call {
    var path: String
    var caller: ServiceName
    var purposes: Set<Grant.Purpose>
    /// A body of the right shape about things that do not exist.
    var body: String
  }

  private static func calls(_ ada: Person) -> [Call] {
    let page = #"{"limit":10}"#
    let reference = #"{"id":"con_unknown"}"#
    let flow = #"{"id":"flw_unknown"}"#
    let lease =
      #"{"organizationId":"\#(ada.organization)","connectionId":"con_x","fence":9223372036854775807,"#
      + #""generation":9223372036854775807}"#
    let tokens = #"{"accessToken":"a","metadata":{}}"#
    let sha = String(repeating: "a", count: 64)
    let transaction =
      #"{"stateHash":"\#(sha)","browserHash":"\#(sha)","redirectUri":"https://x","requestedScopes":[]}"#
    return [
      Call(
        path: ConnectionEndpoints.resolve.path, caller: .gateway, purposes: [.release],
        body: #"{"prompt":"auto","connectionId":"con_x","waitSeconds":0}"#),
      Call(
        path: ConnectionEndpoints.list.path, caller: .gateway, purposes: [.list], body: #"{"page":\#(page)}"#),
      Call(path: ConnectionEndpoints.show.path, caller: .gateway, purposes: [.list], body: reference),
      Call(
        path: ConnectionEndpoints.change.path, caller: .gateway, purposes: [.manage],
        body: #"{"id":"con_x","request":"pause"}"#),
      Call(path: ConnectionEndpoints.revoke.path, caller: .gateway, purposes: [.revoke], body: reference),
      Call(
        path: ConnectionEndpoints.uses.path, caller: .gateway, purposes: [.list],
        body: #"{"id":"con_x","request":\#(page)}"#),
      Call(
        path: ConnectionEndpoints.count.path, caller: .policy, purposes: [.administer],
        body: #"{"kinds":[{"userIds":["usr_x"],"applicationId":"a"},{"scopesBeyond":[]}]}"#),
      Call(
        path: FlowEndpoints.create.path, caller: .gateway, purposes: [.connect],
        body: #"{"integrationId":"\#(ada.integration)","scopes":["\u0000"],"integrationName":"n","provider":"p","#
          + #""providerName":"p","providerUrl":"u","organizationName":"o","userDisplay":"u"}"#),
      Call(path: FlowEndpoints.facts.path, caller: .gateway, purposes: [], body: flow),
      Call(
        path: FlowEndpoints.status.path, caller: .gateway, purposes: [.watch],
        body: #"{"id":"flw_x","waitSeconds":0}"#),
      Call(path: FlowEndpoints.cancel.path, caller: .gateway, purposes: [.watch], body: flow),
      Call(
        path: FlowEndpoints.beginAuthorization.path, caller: .exchanger, purposes: [.authorize],
        body: #"{"flowId":"flw_x","transaction":\#(transaction)}"#),
      Call(
        path: FlowEndpoints.claimAuthorization.path, caller: .exchanger, purposes: [],
        body: #"{"stateHash":"\#(sha)","browserHash":"\#(sha)"}"#),
      Call(path: FlowEndpoints.releaseAuthorization.path, caller: .exchanger, purposes: [.authorize], body: flow),
      Call(
        path: FlowEndpoints.complete.path, caller: .exchanger, purposes: [.authorize],
        body: #"{"flowId":"flw_x","tokens":\#(tokens),"account":{"id":"a","displayIdentifier":"a"}}"#),
      Call(
        path: FlowEndpoints.fail.path, caller: .exchanger, purposes: [],
        body: #"{"flowId":"flw_x","failure":{"code":"access_denied","message":"m"}}"#),
      Call(
        path: RefreshEndpoints.begin.path, caller: .exchanger, purposes: [.release],
        body: #"{"connectionId":"con_x","force":true}"#),
      Call(
        path: RefreshEndpoints.commit.path, caller: .exchanger, purposes: [],
        body: #"{"lease":\#(lease),"tokens":\#(tokens)}"#),
      Call(
        path: RefreshEndpoints.fail.path, caller: .exchanger, purposes: [],
        body: #"{"lease":\#(lease),"failure":"transient","reason":"r","retryAfter":-9223372036854775808}"#),
      Call(
        path: RefreshEndpoints.replay.path, caller: .exchanger, purposes: [],
        body: #"{"lease":\#(lease),"sealedTokens":"SjEB"}"#),
      Call(path: RevocationEndpoints.create.path, caller: .gateway, purposes: [.administer], body: "{}"),
      Call(
        path: RevocationEndpoints.report.path, caller: .gateway, purposes: [.administer],
        body: #"{"id":"rev_x","page":\#(page)}"#),
      Call(
        path: RevocationEndpoints.claim.path, caller: .exchanger, purposes: [],
        body: #"{"limit":9223372036854775807,"waitSeconds":0}"#),
      Call(
        path: RefreshEndpoints.claim.path, caller: .exchanger, purposes: [],
        body: #"{"limit":9223372036854775807,"waitSeconds":0}"#),
      Call(
        path: RevocationEndpoints.finish.path, caller: .exchanger, purposes: [],
        body: #"{"organizationId":"org_x","connectionId":"con_x","fence":1,"state":"pending","#
          + #""reason":"\#(String(repeating: "r", count: 65))"}"#),
      Call(
        path: SecretEndpoints.put.path, caller: .policy, purposes: [.writeSecret],
        body: #"{"kind":"clientSecret","ownerId":"mcp_x","value":"v"}"#),
      Call(
        path: SecretEndpoints.delete.path, caller: .policy, purposes: [.writeSecret],
        body: #"{"kind":"staticToken","ownerId":"nobody"}"#),
      Call(
        path: SecretEndpoints.releaseClientSecret.path, caller: .exchanger, purposes: [.verify],
        body: #"{"id":"int_other"}"#),
    ]
  }

  /// What is sent instead, with the status that it must get.
  private static func variants(_ body: String) -> [(name: String, type: String, body: String, status: Int)] {
    let json = "application/json"
    let unknownField = #"{"surprise":1,"# + body.dropFirst()
    return [
      ("well-formed, about nothing", json, body, 0),
      ("unknown field", json, unknownField.replacing(",}", with: "}"), 400),
      ("array", json, "[]", 400), ("null", json, "null", 400), ("number", json, "1", 400),
      ("wrong types", json, #"{"id":1,"page":"x","flowId":[],"lease":null,"limit":"x"}"#, 400),
      ("not JSON", json, "{", 400), ("nothing", json, "", 400), ("other type", "text/plain", body, 415),
      ("oversize", json, #"{"id":""# + String(repeating: "x", count: 1_048_577) + #""}"#, 413),
    ]
  }

  @Test func everyCallAnswersBadInputWithTheRightProblem() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      let stored =
        "SELECT (SELECT count(*) FROM flow) + (SELECT count(*) FROM connection) "
        + "+ (SELECT count(*) FROM organization_secret) + (SELECT count(*) FROM revocation_task)"
      var requests = 0
      for call in Self.calls(ada) {
        for variant in Self.variants(call.body) {
          let response = try await post(variant.body, as: variant.type, call, ada, vault)
          requests += 1
          let label = "\(call.path), \(variant.name): \(response.status)"
          if variant.status == 0 {
            // About things that do not exist: refused, or an honest "nothing to do"; never a failure of ours.
            #expect(response.status < 500, "\(label)")
          } else {
            #expect(response.status == variant.status, "\(label)")
          }
          if response.status >= 400 {
            let problem = try WireJSON.decode(ProblemDocument.self, from: response.body)
            #expect(problem.status == response.status, "\(label)")
            #expect(!problem.requestId.isEmpty, "\(label)")
          }
        }
        let without = try await post(call.body, as: "application/json", call, ada, vault, token: false)
        #expect(without.status == 401, "\(call.path) without a service token")
        if !call.purposes.isEmpty {
          let ungranted = try await post(call.body, as: "application/json", call, ada, vault, grant: false)
          #expect(ungranted.status == 403, "\(call.path) without a grant")
        }
      }
      print("figure: \(requests) bad requests on \(Self.calls(ada).count) calls: no failure of ours, nothing stored")
      #expect(try vault.sql(stored) == "0")
    }
  }

  private func post(
    _ body: String, as type: String, _ call: Call, _ ada: Person, _ vault: VaultUnderTest, token: Bool = true,
    grant: Bool = true
  ) async throws -> (status: Int, body: Data) {
    var request = HTTPClientRequest(url: vault.service.url + call.path)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: type)
    if token {
      let text = try vault.keys.token(from: call.caller, to: .vault).expose { $0 }
      request.headers.add(name: "Authorization", value: "Bearer \(text)")
    }
    if grant, !call.purposes.isEmpty {
      let signed = try ada.grant(call.purposes, vault, flow: FlowID(rawValue: "flw_x"), presenters: [call.caller])
      request.headers.add(name: GrantVerifier.headerName, value: signed.token.text)
    }
    request.body = .bytes(ByteBuffer(string: body))
    let response = try await vault.service.http.execute(request, timeout: .seconds(30))
    let bytes = try await response.body.collect(upTo: 1_048_576)
    return (Int(response.status.code), Data(bytes.readableBytesView))
  }
}
