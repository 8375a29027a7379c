import Foundation
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// A form that is sent from a page which somebody else has overtaken undoes nothing of theirs.
@Suite struct OutdatedPageTests {
  @Test func aCharmThatSomebodyElseHasNarrowedIsNotSaved() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.signedIn("maya@example.com", role: .owner)
      var charm = gateway.neighbours.charm
      charm.mcpServers = [.init(mcpServerId: MCPServerID(rawValue: "mcp_1"))]
      gateway.neighbours.on(CharmEndpoints.show, charm)
      let page = try await OpenPage.at("/console/charms/c", gateway)
      let version = try page.hidden("version")
      let fields = "version=\(version)&name=Clerk&access-mcp_1=all"
      #expect(try await page.press("/console/charms/c", fields).status == 303)
      let updates = try gateway.calls(CharmEndpoints.update).map {
        try WireJSON.decode(OnBehalf<TargetedCharm>.self, from: $0.body).request.update
      }
      #expect(updates.map { $0?.name } == ["Clerk"])
      #expect(updates.allSatisfy { $0?.mcpServers == nil }, "the list was not changed")

      charm.mcpServers[0].allowedTools = ["search"]
      charm.updatedAt.addTimeInterval(1)
      gateway.neighbours.on(CharmEndpoints.show, charm)
      let refused = try await page.press("/console/charms/c", fields)
      #expect(refused.status == 409 && refused.text.contains("Somebody has changed the Charm meanwhile."))
      #expect(refused.text.contains("value=\"Clerk\""), "what was filled in is still there")
      #expect(gateway.calls(CharmEndpoints.update).count == 1)
    }
  }

  @Test func ofAnApplicationOnlyWhatWasChangedIsSent() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.signedIn("maya@example.com", role: .owner)
      let page = try await OpenPage.at("/console/applications", gateway)
      let (state, release) = (try page.hidden("stateShown"), try page.hidden("tokenReleaseShown"))
      let shown = "stateShown=\(state)&tokenReleaseShown=\(release)"
      let forms = [
        "state=allowed&tokenRelease=gatewayOnly", "state=blocked&tokenRelease=release",
        "state=pending&tokenRelease=gatewayOnly",
      ]
      for form in forms {
        let answer = try await page.press("/console/applications/app_1", "\(shown)&\(form)")
        #expect(answer.status == 303, "\(form)")
      }
      let updates = try gateway.calls(ApplicationEndpoints.update).map {
        try WireJSON.decode(OnBehalf<TargetedApplication>.self, from: $0.body).request.update
      }
      let states: [Application.State?] = [nil, .blocked, .pending]
      let releases: [Application.TokenRelease?] = [.gatewayOnly, nil, .gatewayOnly]
      #expect(updates.map { $0?.state } == states)
      #expect(updates.map { $0?.tokenRelease } == releases)

      let incomplete = try await page.press("/console/applications/app_1", forms[0])
      #expect(incomplete.status == 400 && incomplete.text.contains("role=\"alert\""))
      #expect(gateway.calls(ApplicationEndpoints.update).count == forms.count)
    }
  }

  /// Nobody uses a webhook: of that the page says nothing.
  @Test(arguments: [("/console/charms/c", true), ("/console/webhooks/whk_1", false)])
  func thatNobodyUsesItIsSaidWhereItWasLookedAt(path: String, isSaid: Bool) async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.signedIn("maya@example.com", role: .owner)
      let page = try await OpenPage.at("\(path)/delete", gateway)
      #expect(page.text.contains("Nobody uses it.") == isSaid)
    }
  }
}
