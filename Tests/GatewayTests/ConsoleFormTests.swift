import Foundation
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// Forms on pages of long lists: whoever decides about something on the third page stays there.
@Suite struct ConsoleFormTests {
  /// As no list gives it: what stands in an address is anybody's.
  private static let cursor = #"17.a b"&<x>"#
  fileprivate static let query = "?cursor=17.a%20b%22%26%3Cx%3E"

  /// A page with the forms on it, by their addresses.
  struct Place: Sendable, CustomTestStringConvertible {
    var path: String
    var query = ConsoleFormTests.query
    var forms: [String: String]

    var testDescription: String { path }

    static let all = [
      Place(path: "/console/members", forms: ["usr_1/role": "role=admin", "usr_1/remove": "sure=true"]),
      Place(
        path: "/console/mcp-servers/mcp_1",
        forms: ["tools/block": "tool=search&definitionHash=h", "status": "enabled=false"]),
      // A cursor of two trails, which the gateway reads itself.
      Place(path: "/console/connections/con_1", query: "?cursor=a1.7.-", forms: ["default": "", "pause": ""]),
    ]
  }

  @Test(arguments: Place.all) func aFormLeadsBackToItsPageOfTheList(_ place: Place) async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.signedIn("maya@example.com", role: .owner)
      let page = try await OpenPage.at(place.path + place.query, gateway)
      for (form, fields) in place.forms {
        let address = "\(place.path)/\(form)\(place.query)"
        #expect(page.text.contains("action=\"\(address)\""), "\(form)")
        let answer = try await page.press(address, fields)
        #expect(answer.status == 303, "\(form)")
        #expect(answer.header("Location") == RunningGateway.publicURL + place.path + place.query)
      }
      let first = try await OpenPage.at(place.path, gateway)
      for (form, _) in place.forms { #expect(first.text.contains("action=\"\(place.path)/\(form)\"")) }
    }
  }

  @Test func aRefusedFormIsShownOnItsPageOfTheList() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.signedIn("maya@example.com", role: .owner)
      let page = try await OpenPage.at("/console/members\(Self.query)", gateway)
      let address = "/console/members/usr_1/remove\(Self.query)"
      let refused = try await page.press(address, "sure=")
      #expect(refused.status == 400 && refused.text.contains("role=\"alert\""))
      #expect(refused.text.contains("action=\"\(address)\""))
      let cursors = try gateway.calls(UserEndpoints.list).map {
        try WireJSON.decode(OnBehalf<ListUsers>.self, from: $0.body).request.page.cursor
      }
      #expect(cursors == [Self.cursor, Self.cursor])
      #expect(gateway.calls(SessionEndpoints.removeUser).isEmpty)
    }
  }
}
