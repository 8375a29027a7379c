import Model
import Testing

@Suite struct ClientRedirectURITests {
  @Test(arguments: [
    "https://e.example/cb", "https://e.example", "https://e.example:8443/cb?x=1", "http://127.0.0.1/cb",
    "http://127.0.0.1:5000/cb", "http://localhost:1/", "http://[::1]:9/cb", "https://127.0.0.1/cb",
  ]) func whereAPersonMayBeSent(text: String) { #expect(ClientRedirectURI(text)?.text == text) }

  @Test(arguments: [
    "", "cb", "/cb", "//e.example/cb", "http://e.example/cb", "http://127.0.0.2/cb", "http://127.0.0.1.e.example/cb",
    "https://", "https:///cb", "https://E.example/cb", "https://e.example/cb#f", "https://u@e.example/cb",
    "https://e.example\\@evil.example/cb", "https://e.example:/cb", "https://e.example:0/cb",
    "https://e.example:65536/cb",
    "https://e.example:443:1/cb", "https://e..example/cb", "https://-e.example/cb", "https://e.example/c b",
    "https://e.example/\u{e9}", "https://e.example/\"", "https://e.example/<", "javascript:alert(1)", "app:/cb",
    "com.example.app:/cb", "http://[::2]/cb", "https://[::1", "HTTPS://e.example/cb", "https://e.example/cb\n",
    "https://e.example/" + String(repeating: "c", count: 1_024),
  ]) func whereNobodyIsSent(text: String) { #expect(ClientRedirectURI(text) == nil) }

  @Test func thePortOfALoopbackAddressDoesNotCountAndNothingElseIsPassedOver() throws {
    func matches(_ asked: String, _ registered: String) throws -> Bool {
      try #require(ClientRedirectURI(asked)).matches(try #require(ClientRedirectURI(registered)))
    }
    #expect(try matches("http://127.0.0.1:61000/cb", "http://127.0.0.1/cb"))
    #expect(try matches("http://localhost/cb?a", "http://localhost:3000/cb?a"))
    #expect(try matches("https://e.example/cb", "https://e.example/cb"))
    for (asked, registered) in [
      ("http://127.0.0.1:1/cb", "http://localhost:1/cb"), ("http://127.0.0.1:1/cb/", "http://127.0.0.1:1/cb"),
      ("http://127.0.0.1:1/cb?a", "http://127.0.0.1:1/cb"), ("https://e.example:8443/cb", "https://e.example/cb"),
      ("https://127.0.0.1:1/cb", "https://127.0.0.1:2/cb"), ("https://127.0.0.1/cb", "http://127.0.0.1/cb"),
      ("https://e.example/CB", "https://e.example/cb"), ("https://e.example/c%62", "https://e.example/cb"),
    ] { #expect(try !matches(asked, registered), "\(asked)") }
    #expect(ClientRedirectURI("http://127.0.0.1:61000/cb?a")?.lasting == "http://127.0.0.1/cb?a")
  }
}
