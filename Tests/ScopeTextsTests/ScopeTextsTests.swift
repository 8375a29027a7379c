import Providers
import ScopeTexts
import Testing

@Suite struct ScopeTextsTests {
  private let dictionary: ScopeDictionary

  init() throws { dictionary = try ScopeDictionary() }

  @Test func aKnownScopeHasWords() {
    let read = dictionary.text(for: "https://www.googleapis.com/auth/gmail.readonly", of: "google")
    #expect(read.description == "Read your email" && !read.isSensitive)
    let all = dictionary.text(for: "https://mail.google.com/", of: "google")
    #expect(all.description == "Read, send and permanently delete all your email" && all.isSensitive)
  }

  @Test func theSameWordMeansWhatItsProviderSays() {
    #expect(dictionary.text(for: "read", of: "linear").description == "See everything that you can open")
    #expect(dictionary.text(for: "read", of: "custom").description == nil)
  }

  @Test func whatOpenIDDefinesIsKnownEverywhere() {
    for provider in ["google", "custom", "nobody"] {
      #expect(dictionary.text(for: "email", of: provider).description == "See your email address")
    }
  }

  @Test func aScopeNamedByItsURLIsFoundByItsLastPart() {
    let text = dictionary.text(for: "https://graph.microsoft.com/Mail.ReadWrite", of: "microsoft")
    #expect(text.description == "Read, write and delete your email" && text.isSensitive)
    #expect(text.scope == "https://graph.microsoft.com/Mail.ReadWrite")
  }

  @Test(arguments: [
    ("invoices.read", "See: invoices", false), ("read:time_sheets", "See: time sheets", false),
    ("invoices:write", "Create and change: invoices", true), ("delete_bookings", "Delete: bookings", true),
    ("crm.deals.full", "See, change and delete: crm deals", true),
  ])
  func anUnknownScopeIsReadByItsForm(scope: String, description: String, isSensitive: Bool) {
    let text = dictionary.text(for: scope, of: "custom")
    #expect(text.description == description && text.isSensitive == isSensitive)
  }

  @Test(arguments: ["x", "everything", "https://example.com/scope/read", "a.b.c.d.read", "v2.read", "", ".."])
  func aScopeThatSaysNothingStaysAsItIs(scope: String) {
    let text = dictionary.text(for: scope, of: "custom")
    #expect(text.scope == scope)
    #expect(text.description == nil)
  }

  @Test func everyFileBelongsToAProviderOfTheCatalogue() throws {
    let known = Set(try ProviderCatalogue.load(sandboxIssuer: "http://127.0.0.1:1").providers.map(\.id))
    #expect(dictionary.providers.subtracting(known) == [])
  }

  @Test func everyDefaultScopeOfTheCatalogueHasWords() throws {
    for provider in try ProviderCatalogue.load(sandboxIssuer: "http://127.0.0.1:1").providers {
      for scope in provider.defaultScopes + provider.scopes.identityScopes {
        let text = dictionary.text(for: scope, of: provider.id)
        #expect(text.description != nil, "\(provider.id): \(scope)")
      }
    }
  }
}
