import Foundation
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import TestSupport
import Testing

@testable import GatewayKit

/// Clients that describe themselves at an address.
@Suite struct ClientDocumentTests {
  private static func document(_ id: String, _ more: String = "") -> String {
    #"{"client_id":"\#(id)","client_name":"Editor","redirect_uris":["\#(ClientWorld.redirectUri)"]\#(more)}"#
  }

  /// What the person sees of a client whose document is at the site's `/c.json`.
  private func ask(_ site: StubWebsite, _ world: ClientWorld, path: String = "/c.json") async throws
    -> RunningGateway.Answer
  {
    try await world.ask(ClientWorld.query(["client_id": "\(site.origin)\(path)"]))
  }

  @Test func aDocumentNamesItsClient() async throws {
    try await StubWebsite.with { site async throws in
      try await ClientWorld.with(variables: ["LANYARD_EGRESS_ALLOW": site.host]) { world async throws in
        site.answer(
          Self.document("\(site.origin)/c.json", #","logo_uri":"https://l.example","application_type":"native""#))
        let page = try await ask(site, world)
        #expect(page.status == 200 && page.text.contains("described at \(site.host)"))
        #expect(page.text.contains("Editor") && !page.text.contains("nobody has checked"))
        #expect(try await ask(site, world).status == 200)
        #expect(site.paths == ["/c.json"], "kept")
      }
    }
  }

  @Test func aDocumentThatIsNotTheClientsIsRefused() async throws {
    try await StubWebsite.with { site async throws in
      try await ClientWorld.with(variables: ["LANYARD_EGRESS_ALLOW": site.host]) { world async throws in
        let own = "\(site.origin)/c.json"
        let answers: [(String, () -> Void)] = [
          ("another id", { site.answer(Self.document("https://client.example/c.json")) }),
          ("an id with a slash more", { site.answer(Self.document("\(own)/")) }),
          ("no id", { site.answer(#"{"client_name":"x","redirect_uris":["\#(ClientWorld.redirectUri)"]}"#) }),
          ("no addresses", { site.answer(#"{"client_id":"\#(own)","client_name":"x"}"#) }),
          ("empty addresses", { site.answer(#"{"client_id":"\#(own)","client_name":"x","redirect_uris":[]}"#) }),
          (
            "other addresses",
            {
              // A good document of another redirect URI: kept, it would answer for those that follow.
              site.answer(
                #"{"client_id":"\#(own)","redirect_uris":["https://evil.example/cb"]}"#,
                headers: [.cacheControl: "no-store"])
            }
          ),
          ("a secret", { site.answer(Self.document(own, #","token_endpoint_auth_method":"client_secret_basic""#)) }),
          ("another grant", { site.answer(Self.document(own, #","grant_types":["client_credentials"]"#)) }),
          ("a page", { site.answer(Self.document(own), type: "text/html") }),
          ("an error", { site.answer(Self.document(own), status: 500) }),
          ("a redirect", { site.answer("", status: 302, headers: [.location: "\(site.origin)/d.json"]) }),
          ("too much", { site.answer(Self.document(own, #","x":"\#(String(repeating: "x", count: 20_000))""#)) }),
          ("no JSON", { site.answer("<html>") }),
        ]
        for (what, prepare) in answers {
          prepare()
          let answer = try await ask(site, world)
          #expect(answer.status == 400 && answer.header("Location") == nil, "\(what)")
        }
        #expect(!site.paths.contains("/d.json"), "redirects are not followed")
        #expect(site.paths.count == answers.count, "each was asked for anew")
        site.answer(Self.document(own))
        #expect(try await ask(site, world).status == 200, "a failure is not kept")
      }
    }
  }

  @Test func onlyWhatTheOperatorHasNamedIsAskedForOnThisMachine() async throws {
    try await StubWebsite.with { site async throws in
      try await ClientWorld.with { world async throws in
        site.answer(Self.document("\(site.origin)/c.json"))
        let refused = try await ask(site, world)
        #expect(refused.status == 400 && refused.text.contains("could not be reached, or may not be used"))
        #expect(site.paths.isEmpty)
      }
    }
  }

  @Test(arguments: [
    ("", 300), ("max-age=60", 60), ("public, max-age=10", 10), ("max-age=0", 0), ("no-store", 0),
    ("no-cache, max-age=9", 0),
    ("max-age=999999999", 86_400), ("max-age=-5", 0), ("max-age=x", 0), ("Max-Age=7", 7),
  ]) func aDocumentIsKeptForAsLongAsItSaysWithinBounds(header: String, seconds: Int) {
    #expect(ClientDocuments.lifetime(header) == seconds)
  }

  @Test(arguments: [
    "https://e.example/c.json", "https://e.example/a/b", "https://e.example/c?x=1", "https://e.example:8443/c",
    "http://127.0.0.1:9/c",
  ]) func anAddressIsAnId(text: String) { #expect(ClientAddress(text)?.text == text) }

  @Test(arguments: [
    "https://e.example", "https://e.example/", "https://e.example?x", "http://e.example/c", "https://e.example/./c",
    "https://e.example/a/../c", "https://e.example/%2e%2E/c", "https://u:p@e.example/c", "https://e.example/c#f",
    "https://E.example/c", "mcl_1", "", "ftp://e.example/c", "https:///c",
    "https://e.example/" + String(repeating: "c", count: 1_024),
  ]) func otherTextsAreNone(text: String) { #expect(ClientAddress(text) == nil) }
}
