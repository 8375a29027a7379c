import FoundationEssentials
import Model
import ServiceKit
import Testing

@Suite struct StrictJSONTests {
  private struct Request: Codable, Equatable {
    var name: String
    var auth: Auth?
    var servers: [Server]?
    var labels: [String: String]?
    var at: Date?
    var kind: Kind?
    var id: OrganizationID?
    var count: Int?

    struct Auth: Codable, Equatable { var token: String }
    struct Server: Codable, Equatable {
      var url: String
      var tools: [Tool]?
    }
    struct Tool: Codable, Equatable { var name: String }
    enum Kind: String, Codable { case one, two }
  }

  private func problem(_ json: String) -> String {
    do {
      _ = try StrictJSON.decode(Request.self, from: Data(json.utf8))
      return "accepted"
    } catch { return (error as? BodyProblem)?.serviceError.detail ?? "\(type(of: error))" }
  }

  /// Ten times what a body may have: were each field searched for among all others, this would take an hour.
  @Test(.timeLimit(.minutes(1))) func manyFieldsAreReadInTheTimeOfReadingThem() throws {
    let count = 200_000
    let members = (0..<count).map { "\"k\($0)\":0" }.joined(separator: ",")
    let document = try StrictJSON.decode(JSONValue.self, from: Data("{\(members)}".utf8))
    guard case .object(let read) = document else {
      Issue.record("an object")
      return
    }
    #expect(read.count == count)
  }

  @Test func anUnknownFieldIsNamedAmongMany() throws {
    struct Wide: Codable {
      var known: Int
      var all: [String: Int]
    }
    let many = (0..<40).map { "\"k\($0)\":0" }.joined(separator: ",")
    _ = try StrictJSON.decode(Wide.self, from: Data(#"{"known":1,"all":{\#(many)}}"#.utf8))
    do {
      _ = try StrictJSON.decode(Wide.self, from: Data(#"{"known":1,"all":{},\#(many)}"#.utf8))
      Issue.record("unknown fields were accepted")
    } catch let problem as BodyProblem {
      #expect(problem.serviceError.detail.contains("k0"))
    }
  }

  @Test func whatIsKnownIsDecodedAsBefore() throws {
    let json = Data(
      #"""
      {"name":"n","auth":{"token":"t"},"servers":[{"url":"u","tools":[{"name":"a"},{"name":"b"}]},{"url":"v"}],
       "labels":{"any":"thing","goes":"here"},"at":"2026-01-02T03:04:05Z","kind":"two","id":"org_1","count":3}
      """#.utf8)
    let strict = try StrictJSON.decode(Request.self, from: json)
    #expect(strict == (try WireJSON.decode(Request.self, from: json)))
    #expect(strict.servers?[0].tools?.map(\.name) == ["a", "b"])
    #expect(strict.at == WireTime.date("2026-01-02T03:04:05Z"))
  }

  @Test func anUnknownFieldIsNamedAtAnyDepth() {
    #expect(problem(#"{"name":"n","nmae":"x"}"#) == "unknown field: nmae")
    #expect(problem(#"{"name":"n","auth":{"token":"t","tokn":"x"}}"#) == "unknown field: auth.tokn")
    #expect(
      problem(#"{"name":"n","servers":[{"url":"u"},{"url":"v","tools":[{"name":"a"},{"name":"b","naem":1}]}]}"#)
        == "unknown field: servers[1].tools[1].naem")
    #expect(
      problem(#"{"name":"n","b":1,"a":2,"auth":{"token":"t","c":{}}}"#) == "unknown fields: a, auth.c, b")
  }

  @Test func aMissingFieldIsNamed() {
    #expect(problem("{}") == "missing field: name")
    #expect(problem(#"{"name":"n","auth":{}}"#) == "missing field: auth.token")
    #expect(problem(#"{"name":"n","servers":[{"url":"u"},{}]}"#) == "missing field: servers[1].url")
  }

  @Test func aWrongTypeIsNamedWithoutTheValue() {
    #expect(problem(#"{"name":5}"#) == "wrong type of field: name")
    #expect(problem(#"{"name":null}"#) == "wrong type of field: name")
    #expect(problem(#"{"name":"n","servers":{"canary":1}}"#) == "wrong type of field: servers")
    #expect(problem(#"{"name":"n","servers":["canary"]}"#) == "wrong type of field: servers[0]")
    #expect(problem(#"{"name":"n","kind":"canary"}"#) == "invalid value of field: kind")
    #expect(problem(#"{"name":"n","id":"canary"}"#) == "invalid value of field: id")
    #expect(problem(#"{"name":"n","at":"canary"}"#) == "invalid value of field: at")
    #expect(problem(#"{"name":"n","count":1.5}"#).contains("count"))
    #expect(problem("[]") == "The body has the wrong type.")
  }

  @Test(arguments: ["", "{", #"{"name":canary}"#, "\u{0}", #"{"name":"n"}x"#])
  func whatIsNoJSONIsRefused(text: String) {
    #expect(problem(text) == "The body is not valid JSON of the expected form.")
  }

  @Test func namesFromOutsideAreCutAndCleaned() {
    let long = String(repeating: "x", count: 5_000)
    #expect(problem(#"{"name":"n","\#(long)":1}"#).count < 200)
    #expect(problem(#"{"name":"n","a\u0007b\n":1}"#) == "unknown field: a\u{FFFD}b\u{FFFD}")
    let many = (0..<1_000).map { "\"f\($0)\":1" }.joined(separator: ",")
    #expect(problem("{\"name\":\"n\",\(many)}").split(separator: ",").count == 8)
  }

  @Test func fieldsWithDotsAreKeptApart() {
    #expect(problem(#"{"name":"n","auth.token":"x"}"#) == "unknown field: auth.token")
  }

  @Test func strictDecodingCostsAFewMicrosecondsMore() throws {
    let json = Data(
      #"""
      {"name":"n","auth":{"token":"t"},"servers":[{"url":"u","tools":[{"name":"a"},{"name":"b"}]},{"url":"v"}],
       "labels":{"any":"thing"},"kind":"two","id":"org_1","count":3}
      """#.utf8)
    func microseconds(_ work: () throws -> Request) throws -> Double {
      _ = try work()
      return try ContinuousClock().measure { for _ in 0..<500 { _ = try work() } } / .microseconds(500)
    }
    let plain = try microseconds { try WireJSON.decode(Request.self, from: json) }
    let strict = try microseconds { try StrictJSON.decode(Request.self, from: json) }
    print("figure: JSON decoding \(plain) µs plain, \(strict) µs strict")
    #expect(strict < plain * 20)
  }
}
