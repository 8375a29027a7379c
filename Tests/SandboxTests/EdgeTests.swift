import Model
import NIOHTTP1
import ServiceKit
import Testing

@testable import SandboxKit

@Suite struct EdgeTests {
  @Test func whatNobodyAnswersIsStillAnOAuthError() async throws {
    try await TestSandbox.run { sandbox in
      let nowhere = try await sandbox.send(.GET, "/nowhere")
      #expect(nowhere.status == 404 && nowhere.text("error") == "invalid_request")
      let wrongMethod = try await sandbox.send(.GET, "/token")
      #expect(wrongMethod.status == 404)
      let large = try await sandbox.post("/token", [("code", String(repeating: "x", count: 100_000))])
      #expect(large.status == 413)
      #expect(large.headers.first(name: "x-content-type-options") == "nosniff")
    }
  }

  @Test(arguments: ["%", "%zz=%", "=&=", "grant_type", "a=b=c&&&", "\u{0}=\u{FFFD}", "grant_type=%FF%FE"])
  func brokenFormsAreRefusedInOrder(body: String) async throws {
    try await TestSandbox.run { sandbox in
      for path in ["/token", "/revoke", "/introspect", "/authorize", "/authorize/consent", "/authorize/account"] {
        let answer = try await sandbox.send(.POST, path, body: body)
        #expect((400...401).contains(answer.status), "\(path)")
      }
    }
  }

  @Test(arguments: [
    "https://a.example/cb", "https://a.example:8443/cb?x=1", "http://127.0.0.1/cb", "http://[::1]:80/cb",
    "com.example.app:/cb",
  ])
  func aProperRedirectAddressIsTaken(text: String) { #expect(RedirectURI(text)?.text == text) }

  @Test(arguments: [
    "", "/cb", "a.example/cb", "http://a.example/cb", "https://a.example/cb#x", "javascript:alert(1)",
    "data:text/html,x",
    "https:///cb", "https://a.example/\r\nSet-Cookie:x", "https://a.example/ b", "https://a;script-src/cb",
    "https://a.example/<b>", "https://ä.example/cb",
  ])
  func anImproperRedirectAddressIsNot(text: String) { #expect(RedirectURI(text) == nil) }

  @Test func formsSurviveTheirEncoding() {
    let pairs = [("plain", "a-b.c_d~e"), ("spaced", "a b+c"), ("odd", "&=%?#/ü€😀")]
    let fields = FormFields(FormFields.encode(pairs))
    for (name, value) in pairs { #expect(fields[name] == value) }
  }

  @Test func aFreePortOnEveryAddressNeedsAName() {
    var environment = TestSandbox.environment
    environment["SANDBOX_HOST"] = "0.0.0.0"
    #expect(throws: ConfigurationError.self) { try SandboxSettings(.sandbox(environment: environment)) }
  }
}
