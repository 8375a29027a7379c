import Model
import Providers
import Testing

@Suite struct VariableTests {
  /// Values that try to lead a request elsewhere, for every variable of the catalogue.
  static let hostile = [
    "", " ", "..", "../..", "a/../../b", "a/b", "a\\b", "a@evil.example", "evil.example#", "evil.example/#", "a#b",
    "a?b",
    "a?x=.zendesk.com", "a:80", "a:443", "evil.example:8443", "a%2f", "a%2e%2e", "%00", "a\u{0}", "a\n", "\na",
    "a\r\nHost: b",
    "a b", "a\tb", "{accessToken}", "{clientSecret}", "a{b", "a}b", "[::1]", "::1", "127.0.0.1/", "http://evil.example",
    "https://evil.example", "//evil.example", "javascript:alert(1)", "a;b", "a,b", "a&b", "a=b", "a'b", "a\"b", "a<b",
    "a|b",
    "a`b", "аcme", "acme。evil", "ａｃｍｅ", "acme\u{200B}", "acme\u{AD}", "ＡＣＭＥ", "é", "e\u{301}", "😀", "a\u{202E}b",
    "-acme", ".acme",
    "acme..b", "*", "*.evil", "%", "$", "^a$", "a$", "A\u{0130}", "٣", "v٣.٠", "acme\u{2028}", "acme\u{85}", "ſ", "K",
    String(repeating: "a", count: 254), String(repeating: "a.", count: 200),
  ]

  @Test func hostileValuesAreRefusedByEveryVariable() throws {
    var refused = 0
    for row in try catalogue().providers {
      for (name, variable) in row.variables {
        for value in Self.hostile {
          // The operator's own variable is a whole URL; it is never filled from outside, whatever its form.
          let outside = variable.from != .configuration
          #expect(!outside || !variable.accepts(value), "\(row.id).\(name) takes \(value.debugDescription)")
          #expect(throws: ProviderError.self, "\(row.id).\(name) takes \(value.debugDescription)") {
            try row.resolve(variables: [name: value])
          }
          refused += 1
        }
      }
    }
    #expect(refused >= 7 * Self.hostile.count)
    print("figure: hostile variable values refused: \(refused) of \(refused)")
  }

  @Test func aLaxPatternIsCaughtByTheCheckOfTheURL() throws {
    var row = try catalogue().require("zendesk")
    row.variables["subdomain"]?.pattern = "^.*$"
    var refused = 0
    let escapes = [
      "evil.example/", "evil.example#", "evil.example?", "a@evil.example", "evil.example:443/", "evil.example\\",
      "a/..",
      "", "..", "a..b", "evil.example/x?", "[::1]", "a\u{301}", "-", "{clientId}@evil.example/",
    ]
    for value in escapes {
      #expect(throws: ProviderError.self, "\(value)") { try row.resolve(variables: ["subdomain": value]) }
      refused += 1
    }
    print("figure: values refused by the URL check alone: \(refused) of \(escapes.count)")
  }

  @Test(arguments: [
    ("microsoft", "tenant", "contoso.onmicrosoft.com"), ("microsoft", "tenant", "organizations"),
    ("microsoft", "tenant", "11111111-2222-3333-4444-555555555555"), ("gitlab", "host", "git.acme.example"),
    ("salesforce", "loginHost", "test.salesforce.com"),
    ("salesforce", "loginHost", "acme--dev.sandbox.my.salesforce.com"),
    ("zendesk", "subdomain", "acme-1"), ("shopify", "shop", "my-shop"), ("facebook", "version", "v23.0"),
  ])
  func ordinaryValuesAreTaken(id: String, name: String, value: String) throws {
    let row = try catalogue().require(id).resolve(variables: [name: value])
    #expect(row.variables[name] == value)
    #expect(row.provider.endpoints.token.contains(value))
  }

  @Test func anUnknownOrMissingVariableIsNamed() throws {
    let row = try catalogue().require("zendesk")
    #expect(throws: ProviderError.missingVariable("subdomain")) { try row.resolve() }
    #expect(throws: ProviderError.unknownVariable("host")) { try row.resolve(variables: ["host": "a"]) }
  }

  @Test(arguments: [
    ("HTTPS://Example.COM:443/", "https://example.com"), ("https://example.com/a//", "https://example.com/a"),
    ("http://example.com:80", "http://example.com"), ("https://example.com:8443/A", "https://example.com:8443/A"),
  ])
  func urlsAreNormalized(text: String, normal: String) {
    #expect(ProviderURL.normalize(text) == normal)
  }

  @Test(arguments: [
    "https://", "https:///a", "https://a@b", "https://a:b@c", "https://[::1]/", "https://a#b", "https://a/../b",
    "https://a/%2e%2e/b",
    "https://a/./b", "https://a\\b", "https://a b", "https://a:0", "https://a:65536", "https://a:", "https://a:+1",
    "https://a:٣",
    "https://exämple.com", "https://a..b", "https://-a", "ftp://a", "//a", "a", "javascript:a", "https://a?b",
    "https://a/\u{0}",
    "https://a_b", "https://a/b%2f..%2fc", "https://a/%00", "https://a.b.",
  ])
  func otherFormsHaveNoNormalForm(text: String) {
    #expect(ProviderURL.normalize(text) == nil)
  }
}
