import Testing

@testable import GatewayKit

/// What a client's `Accept` says.
@Suite("Accepted types")
struct AcceptedTypesTests {
  @Test(arguments: [
    ([], "json"), ([""], "json"), ([" \t"], "json"), (["application/json"], "json"), (["text/event-stream"], "events"),
    (["application/json, text/event-stream"], "json events"),
    (["Application/JSON;q=0.5,TEXT/event-stream ; q=1"], "json events"),
    (["application/json", "text/event-stream"], "json events"), (["*/*"], "json events"),
    (["text/html, */*;q=0.1"], "json events"),
    (["application/*"], "json"), (["text/*"], "events"), (["text/html"], ""), (["application/jsonx"], ""),
    (["x-application/json"], ""), ([","], ""), (["text/event-stream-of-others"], ""),
  ])
  func typesAreRead(values: [String], expected: String) {
    let accepted = AcceptedTypes(values)
    let found = [accepted.json ? "json" : nil, accepted.events ? "events" : nil].compactMap { $0 }
    #expect(found.joined(separator: " ") == expected)
  }
}
