import Foundation
import Model
import ServiceKit
import Synchronization
import TestSupport
import Testing

@testable import PolicyKit

/// What a change of the set-up would mean, asked before it is made.
@Suite("Impact before saving")
struct ImpactTests {
  /// Changes that are asked about and then made.
  private static let changes = 200
  /// After every so many questions everything is looked at before the change, too.
  private static let lookedAtAgain = 10

  @Test func whatIsToldIsWhatThenHappens() async throws {
    try await PolicyFixture.with { policy in
      let world = try await ImpactWorld(try await policy.makeTenant())
      var random = SystemRandomNumberGenerator()
      var (differing, changed, made) = (0, 0, 0)
      var before = try await world.seen()
      for step in 0..<(Self.changes + world.ends.count) {
        let change = step < Self.changes ? try world.change(using: &random) : world.ends[step - Self.changes]
        // A ceiling below what a server asks for is refused in both ways; whatever else is asked about can be made.
        guard let impact = try? await world.impact(of: change) else {
          #expect(await refusal { try await world.make(change) } != nil, "\(change)")
          continue
        }
        if step.isMultiple(of: Self.lookedAtAgain) {
          #expect(try await world.seen() == before, "asking changes nothing")
        }
        try await world.make(change)
        let after = try await world.seen()
        let expected = Set(
          after.subtracting(before).map { "\($0): true" } + before.subtracting(after).map { "\($0): false" })
        let difference = ImpactWorld.told(impact).symmetricDifference(expected)
        if !difference.isEmpty { Issue.record("\(change): \(difference.sorted().prefix(4))") }
        #expect(impact.affected.members.count == Set(expected.map { $0.prefix { $0 != " " } }).count)
        differing += difference.count
        changed += expected.count
        made += 1
        before = after
      }
      print(
        "figure: \(made) changes of the set-up asked about first, \(changed) changes of access, "
          + "\(differing) not as foretold")
      #expect(before.isEmpty, "everything has been deleted")
      #expect(differing == 0)
      #expect(made >= Self.changes && changed > Self.changes)
    }
  }

  @Test func theConnectionsAreThoseThatTheVaultCounts() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let integration = try await tenant.createIntegration()
      let server = try await tenant.createServer(
        auth: MCPServerAuthInput(type: .oauth, integrationId: integration.id))
      try await tenant.store([Tenant.definition("read"), Tenant.definition("write")], of: server.id)
      let session = try await tenant.session()
      let user = try await policy.gateway.call(SessionEndpoints.verify, OnBehalf(session, Empty())).user
      let connection = ConnectionID.random()
      policy.vaultStub.connections.withLock { $0 = Counted(count: 7, first: [connection]) }
      func kinds(_ change: ProposedChange) async throws -> [CountConnections.Kind] {
        let impact = try await policy.gateway.call(ImpactEndpoints.show, OnBehalf(tenant.apiKey, change))
        #expect(impact.affected.connections == Counted(count: 7, first: [connection]))
        return try policy.vault.received(ConnectionEndpoints.count).last?.kinds ?? []
      }
      #expect(
        try await kinds(.deleteIntegration(Reference(id: integration.id))) == [.init(integrationId: integration.id)])
      let own = CountConnections.Kind(applicationType: .mcpServer, applicationId: server.id.rawValue)
      #expect(try await kinds(.deleteMCPServer(Reference(id: server.id))) == [own])
      let narrowed = UpdateIntegration(maximumScopes: ["repo"])
      let beyond = try await kinds(.updateIntegration(Targeted(integration.id, narrowed)))
      #expect(beyond.map(\.integrationId) == [integration.id])
      #expect(beyond.first?.scopesBeyond?.contains("repo") == true)
      var ofMember = own
      ofMember.userIds = [try #require(user?.id)]
      let ceiling = UpdateMCPServer(allowedTools: .set(["read"]))
      #expect(try await kinds(.updateMCPServer(Targeted(server.id, ceiling))) == [ofMember])
      let rule = RuleDraft(name: "No", effect: .deny, resources: RuleResources(mcpServers: [server.id]))
      let preview = try await tenant.preview(RulePreviewRequest(rules: RuleDraftList([rule])))
      #expect(preview.affected?.connections.count == 7)
      #expect(try policy.vault.received(ConnectionEndpoints.count).last?.kinds == [ofMember])
      #expect(preview.affected?.members == Counted(count: 1, first: [try #require(user?.id)]))
      #expect(preview.affected?.mcpServers.first == [server.id])
      // A change of a name touches nobody, and the vault is not asked.
      let asked = try policy.vault.received(ConnectionEndpoints.count).count
      let renamed = ProposedChange.updateIntegration(Targeted(integration.id, UpdateIntegration(name: "Other")))
      let nothing = try await policy.gateway.call(ImpactEndpoints.show, OnBehalf(tenant.apiKey, renamed))
      #expect(nothing.affected.members.count == 0 && nothing.changes.isEmpty)
      #expect(try policy.vault.received(ConnectionEndpoints.count).count == asked)
    }
  }

  @Test func askingIsForThoseWhoMayChangeAndFailsAsTheChange() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let stranger = try await policy.makeTenant("Other")
      let integration = try await tenant.createIntegration()
      let server = try await tenant.createServer()
      let member = try await tenant.session()
      let changes: [(ProposedChange, ErrorCode)] = [
        (.deleteIntegration(Reference(id: integration.id)), .integrationNotFound),
        (.updateIntegration(Targeted(integration.id, UpdateIntegration(name: "x"))), .integrationNotFound),
        (.deleteMCPServer(Reference(id: server.id)), .notFound),
        (.updateMCPServer(Targeted(server.id, UpdateMCPServer(name: "x"))), .notFound),
        (.deleteCharm(TargetedCharm(id: "none")), .notFound), (.updateCharm(TargetedCharm(id: "none")), .notFound),
        (.updateApplication(TargetedApplication(id: "none")), .notFound),
      ]
      for (change, code) in changes {
        let ask = { (key: CredentialHash) in
          await refusal { try await policy.gateway.call(ImpactEndpoints.show, OnBehalf(key, change)) }
        }
        #expect(await ask(member) == .forbidden)
        #expect(await ask(stranger.apiKey) == code)
      }
      let bad: [ProposedChange] = [
        .updateIntegration(Targeted(integration.id, UpdateIntegration(maximumScopes: ["gist"]))),
        .updateMCPServer(Targeted(server.id, UpdateMCPServer(auth: MCPServerAuthInput(type: .staticToken)))),
        .updateMCPServer(Targeted(server.id, UpdateMCPServer(allowedTools: .set(["no such name!"])))),
      ]
      for change in bad {
        let code = await refusal {
          try await policy.gateway.call(ImpactEndpoints.show, OnBehalf(tenant.apiKey, change))
        }
        #expect(code == .invalidRequest, "\(change)")
      }
    }
  }
}
