import Foundation
import Model
import Testing

@testable import Providers

@Suite struct CatalogueTests {
  @Test func everyRowLoadsValidatesAndResolves() throws {
    let rows = try catalogue().providers
    #expect(rows.count == 35)
    for row in rows {
      try row.validate()
      let whole = try resolved(row.id).provider
      for url in [whole.endpoints.authorization, whole.endpoints.token, whole.providerUrl] {
        #expect(ProviderURL(url) != nil, "\(row.id)")
        #expect(row.id == "sandbox" || url.hasPrefix("https://"), "\(row.id)")
      }
    }
    print("figure: catalogue rows that validate: \(rows.count)")
  }

  @Test func theNamedProvidersAreAllThere() throws {
    let expected: Set<String> = [
      "google", "microsoft", "github", "slack", "gitlab", "bitbucket", "atlassian", "notion", "linear", "asana",
      "monday",
      "clickup", "airtable", "todoist", "hubspot", "salesforce", "zendesk", "intercom", "pipedrive", "dropbox", "box",
      "figma", "canva", "miro", "zoom", "discord", "linkedin", "x", "facebook", "stripe-connect", "shopify",
      "quickbooks", "xero", "mailchimp",
    ]
    #expect(expected.count == 34)
    #expect(Set(try ProviderCatalogue.load().providers.map(\.id)) == expected)
  }

  @Test func theSandboxIsHiddenUnlessItsIssuerIsConfigured() throws {
    #expect(try ProviderCatalogue.load().provider("sandbox") == nil)
    let row = try #require(try catalogue().provider("sandbox"))
    #expect(throws: ProviderError.self) { try row.resolve() }
    #expect(throws: ProviderError.self) {
      try row.resolve(variables: ["sandboxIssuer": "http://127.0.0.1:1"], insecureHosts: ["127.0.0.1:1"])
    }
    #expect(try resolved("sandbox").provider.issuer == sandboxIssuer)
  }

  @Test func everyRowSurvivesTheWay() throws {
    for row in try catalogue().providers {
      let again = try JSONDecoder().decode(Provider.self, from: WireJSON.encode(row))
      #expect(again == row)
    }
  }

  @Test func aBrokenRowStopsLoading() throws {
    let row = try catalogue().require("github")
    var cases: [(String, Provider)] = []
    func broken(_ name: String, _ change: (inout Provider) -> Void) {
      var copy = row
      change(&copy)
      cases.append((name, copy))
    }
    broken("http endpoint") { $0.endpoints.token = "http://github.com/token" }
    broken("endpoint with a user name") { $0.endpoints.token = "https://a@github.com/token" }
    broken("unknown template value") { $0.endpoints.token = "https://github.com/{nothing}" }
    broken("token in the authorization URL") { $0.endpoints.authorization = "https://github.com/{accessToken}" }
    broken("unanchored pattern") { $0.variables["a"] = .init(label: "a", pattern: "[a-z]+") }
    broken("invalid pattern") { $0.variables["a"] = .init(label: "a", pattern: "^[a-z+$") }
    broken("default against its pattern") { $0.variables["a"] = .init(label: "a", pattern: "^a$", defaultValue: "b") }
    broken("id") { $0.id = "Git Hub" }
    broken("protocol parameter") { $0.authorization.extraParameters["state"] = "1" }
    broken("protocol parameter in the account choice") { $0.authorization.accountChoice = ["nonce": "1"] }
    broken("grace without seconds") { $0.refresh.rotation = .grace }
    broken("revocation without endpoint") { $0.endpoints.revocation = nil }
    broken("account without userinfo") { $0.endpoints.userinfo = nil }
    broken("no account id") { $0.account.id = [] }
    broken("separator") { $0.scopes.separator = "&" }
    broken("unknown header value") { $0.account.request?.headers["X"] = "{password}" }
    for (name, row) in cases {
      #expect(throws: ProviderError.self, "\(name)") { try row.validate() }
    }
    print("figure: broken rows refused: \(cases.count)")
  }

  @Test func aPointerThatIsNoneCannotBeDecoded() throws {
    let row = try WireJSON.encode(try catalogue().require("github"))
    let text = String(decoding: row, as: UTF8.self).replacingOccurrences(of: "\"/login\"", with: "\"login\"")
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Provider.self, from: data(text)) }
  }

  @Test(arguments: [
    ("https://login.microsoftonline.com", "microsoft"), ("https://twitter.com", "x"),
    ("https://www.linkedin.com", "linkedin"), ("https://login.xero.com", "xero"), ("https://app.box.com", "box"),
  ])
  func aProviderAnswersToItsOtherURLs(url: String, id: String) throws {
    #expect(try catalogue().provider(alternatelyAt: url)?.id == id)
  }

  @Test(arguments: [
    // A row's own URL is the one of its Integrations: with variables in it, each has another.
    "https://github.com", "https://gitlab.com", "https://login.microsoftonline.com.evil.example", "http://twitter.com",
    "https://twitter.com/other", "https://evil.example", "twitter.com",
  ])
  func noOtherURLNamesARow(url: String) throws {
    #expect(try catalogue().provider(alternatelyAt: url) == nil)
  }
}
