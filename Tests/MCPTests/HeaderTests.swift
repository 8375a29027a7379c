import Testing

@testable import MCP

@Suite struct HeaderTests {
  private static let call = #"""
    {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"größe","arguments":{"region":"us","deep":{"n":42},
    "flag":true,"none":null},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}
    """#

  private static let parameters = [
    HeaderParameter(path: ["region"], name: "Region", kind: .string),
    HeaderParameter(path: ["deep", "n"], name: "Count", kind: .integer),
    HeaderParameter(path: ["flag"], name: "Flag", kind: .boolean),
    HeaderParameter(path: ["none"], name: "None", kind: .string),
    HeaderParameter(path: ["region", "deeper"], name: "Absent", kind: .string),
  ]

  private static let good = [
    "MCP-Protocol-Version": ["2026-07-28"], "Mcp-Method": ["tools/call"], "Mcp-Name": ["=?base64?Z3LDtsOfZQ==?="],
    "Mcp-Param-Region": ["us"], "Mcp-Param-Count": ["42"], "Mcp-Param-Flag": ["true"],
  ]

  private func check(_ headers: [String: [String]], _ text: String = call) throws {
    try MirroredHeaders.check(try MCPMessage(Array(text.utf8)), parameters: Self.parameters) { headers[$0] ?? [] }
  }

  @Test func headersAreMadeFromTheBodyAndPassTheCheck() throws {
    let message = try MCPMessage(Array(Self.call.utf8))
    let made = try MirroredHeaders.headers(for: message, parameters: Self.parameters)
    let byName = Dictionary(uniqueKeysWithValues: made.map { ($0.name, [$0.value]) })
    #expect(byName == Self.good)
    try check(byName)
  }

  @Test(arguments: [
    ("MCP-Protocol-Version", nil, HeaderMismatch.Reason.missing), ("MCP-Protocol-Version", ["2025-11-25"], .different),
    ("MCP-Protocol-Version", ["2026-07-28", "2026-07-28"], .repeated), ("Mcp-Method", nil, .missing),
    ("Mcp-Method", ["tools/list"], .different), ("Mcp-Method", ["Tools/Call"], .different), ("Mcp-Name", nil, .missing),
    ("Mcp-Name", ["other"], .different), ("Mcp-Name", ["größe"], .badCharacters),
    ("Mcp-Name", ["=?base64?Z3LDtsOfZR==?="], .badCharacters), ("Mcp-Name", ["=?base64?Z3Jvzo==?="], .badCharacters),
    // The same word with its accent written apart is another name.
    ("Mcp-Name", ["=?base64?Z3JvzIjDn2U=?="], .different), ("Mcp-Param-Region", nil, .missing),
    ("Mcp-Param-Region", ["eu"], .different), ("Mcp-Param-Region", ["us", "us"], .repeated),
    ("Mcp-Param-Region", ["u\u{7}s"], .badCharacters), ("Mcp-Param-Count", ["43"], .different),
    ("Mcp-Param-Count", ["x"], .different), ("Mcp-Param-Flag", ["True"], .different),
    ("Mcp-Param-None", ["null"], .unexpected), ("Mcp-Param-Absent", [""], .unexpected),
  ])
  func aHeaderThatSaysSomethingElseIsNamed(header: String, values: [String]?, reason: HeaderMismatch.Reason) {
    var headers = Self.good
    headers[header] = values
    #expect(throws: HeaderMismatch(header: header, reason: reason)) { try check(headers) }
  }

  @Test func numbersAreComparedAsNumbers() throws {
    var headers = Self.good
    headers["Mcp-Param-Count"] = ["42.0"]
    try check(headers)
  }

  /// The smallest number has no positive counterpart, and those beyond JavaScript's are not the same to every reader.
  @Test(arguments: [
    "-9223372036854775808", "-9223372036854775808.0", "9223372036854775807", "9007199254740992", "-9007199254740992",
    "1e400", "-1e308",
  ])
  func numbersBeyondWhatAllReadersShareAreCompared(_ number: String) throws {
    let text = Self.call.replacingFirst(#""n":42"#, #""n":\#(number)"#)
    var headers = Self.good
    for value in [number, "42"] {
      headers["Mcp-Param-Count"] = [value]
      #expect(throws: HeaderMismatch.self) { try check(headers, text) }
    }
    headers["Mcp-Param-Count"] = [number]
    #expect(throws: HeaderMismatch(header: "Mcp-Param-Count", reason: .different)) { try check(headers) }
  }

  @Test func argumentsThatTwoReadersMayReadDifferentlyAreRefused() {
    let text = Self.call.replacingFirst(#""region":"us""#, #""region":"us","region":"eu""#)
    #expect(throws: HeaderMismatch.self) { try check(Self.good, text) }
  }

  @Test func otherMethodsHaveTheirOwnNames() throws {
    let meta = #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#
    func headers(_ method: String, _ params: String) throws -> [String: String] {
      let text = #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":{\#(params),\#(meta)}}"#
      let made = try MirroredHeaders.headers(for: try MCPMessage(Array(text.utf8)))
      return Dictionary(uniqueKeysWithValues: made.map { ($0.name, $0.value) })
    }
    #expect(try headers("resources/read", #""uri":"file:///a b""#)["Mcp-Name"] == "file:///a b")
    #expect(try headers("prompts/get", #""name":"p""#)["Mcp-Name"] == "p")
    #expect(try headers("tools/list", #""name":"p""#)["Mcp-Name"] == nil)
  }

  // MARK: Schemas

  private func parameters(_ schema: String) throws -> [String] {
    try HeaderParameter.all(inSchema: try JSONText(validating: schema.utf8)).map { parameter in
      "\(parameter.name)=\(parameter.path.joined(separator: ".")):\(parameter.kind.rawValue)"
    }
  }

  @Test func goodAnnotationsAreFound() throws {
    let schema = #"""
      {"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"},"x-mcp-header":{"type":"string"},
      "b":{"type":"object","properties":{"c":{"type":"integer","x-mcp-header":"B-c"}}},
      "d":{"type":"boolean","x-mcp-header":"d!","default":{"x-mcp-header":"no"}}},"required":["a"],
      "examples":[{"properties":{"x-mcp-header":7}}]}
      """#
    #expect(try parameters(schema) == ["A=a:string", "B-c=b.c:integer", "d!=d:boolean"])
    #expect(try parameters(#"{"type":"object"}"#) == [])
  }

  @Test(arguments: [
    (#"{"x-mcp-header":"A"}"#, HeaderParameterProblem.Reason.notReachable),
    (#"{"properties":{"a":{"items":{"type":"string","x-mcp-header":"A"}}}}"#, .notReachable),
    (#"{"oneOf":[{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}]}"#, .notReachable),
    (#"{"$defs":{"s":{"type":"string","x-mcp-header":"A"}}}"#, .notReachable),
    (#"{"if":{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}}"#, .notReachable),
    (#"{"properties":{"a":{"type":"string","x-mcp-header":""}}}"#, .notToken),
    (#"{"properties":{"a":{"type":"string","x-mcp-header":"a b"}}}"#, .notToken),
    (#"{"properties":{"a":{"type":"string","x-mcp-header":"a\r\nb"}}}"#, .notToken),
    (#"{"properties":{"a":{"type":"string","x-mcp-header":"ä"}}}"#, .notToken),
    (#"{"properties":{"a":{"type":"string","x-mcp-header":7}}}"#, .notText),
    (#"{"properties":{"a":{"type":"number","x-mcp-header":"A"}}}"#, .wrongType),
    (#"{"properties":{"a":{"type":["string"],"x-mcp-header":"A"}}}"#, .wrongType),
    (#"{"properties":{"a":{"x-mcp-header":"A"}}}"#, .wrongType),
    (
      #"{"properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}}"#, .duplicate
    ),
  ])
  func badAnnotationsAreNamed(schema: String, reason: HeaderParameterProblem.Reason) {
    #expect(throws: HeaderParameterProblem(reason: reason)) { try parameters(schema) }
  }

  // MARK: Challenges

  @Test func challengesAreRead() {
    func read(_ values: String...) -> BearerChallenge? { BearerChallenge(headers: values) }
    #expect(
      read(#"Bearer resource_metadata="https://a.example/x?y=1,2", scope="mail.read mail.send""#)
        == BearerChallenge(resourceMetadata: "https://a.example/x?y=1,2", scope: "mail.read mail.send"))
    #expect(
      read(#"bearer error = insufficient_scope,error_description="a \"b\" c" , SCOPE="s""#)
        == BearerChallenge(scope: "s", error: "insufficient_scope", errorDescription: #"a "b" c"#))
    #expect(read(#"Basic realm="x", Bearer scope="s", Negotiate abc/+=="#)?.scopes == ["s"])
    #expect(read(#"Negotiate YWJj=="#, #"Bearer"#) == BearerChallenge())
    #expect(read(#"Bearer scope="a""#, #"Bearer resource_metadata="m""#)?.resourceMetadata == "m")
    #expect(read(#", , Bearer error="invalid_token""#)?.error == "invalid_token")
    #expect(read(#"Digest realm="a, Bearer scope=b", qop="auth""#) == nil)
    #expect(read("") == nil)
    #expect(read("BearerToken x=1") == nil)
  }

  @Test(arguments: [
    #"Bearer scope="a"#, #"Bearer scope="a", scope="b""#, "Bearer =a", "Bearer scope=", #"Bearer scope="a\"#,
    "Bearer scope=\"\u{1}\" x", "\u{0}\u{0}", "Bearer\tscope", #"Bearer a"b"#,
  ])
  func hostileChallengesSayNothingAboutScope(value: String) {
    #expect(BearerChallenge(headers: [value])?.scope == nil)
  }

  @Test func challengesOfAnyKindAreReadInBoundedTime() {
    var random = Random(seed: 5)
    let words = ["Bearer", "Basic", " ", ",", "=", "\"", "\\", "a", "scope", "b==", "\t", "é", "resource_metadata"]
    for _ in 0..<20_000 {
      let text = (0..<random.number(0...40)).map { _ in random.element(of: words) }.joined()
      #expect(AuthenticationChallenge.parse([text]).count <= 32)
    }
    for part in [",", "\"", "a=b,", "Bearer ", "Bearer a=b,", "a", "=", "\\"] {
      let long = String(repeating: part, count: 1_000_000 / part.utf8.count)
      let time = ContinuousClock().measure { _ = AuthenticationChallenge.parse([long, long, long]) }
      #expect(time < .seconds(60), "far below what a square of the length takes")
    }
  }

  @Test func challengesComeBack() {
    let challenge = BearerChallenge(
      resourceMetadata: "https://a.example/.well-known/oauth-protected-resource/mcp", scope: "a b",
      error: BearerChallenge.insufficientScope, errorDescription: "no")
    #expect(BearerChallenge(headers: [challenge.headerValue]) == challenge)
    #expect(BearerChallenge().headerValue == "Bearer")
    let hostile = BearerChallenge(scope: "a\", error=\"x\r\nSet-Cookie: a=b\\")
    #expect(!hostile.headerValue.contains("\r") && !hostile.headerValue.contains("\n"))
    #expect(BearerChallenge(headers: [hostile.headerValue])?.error == nil)
  }
}

extension String {
  /// With the first place of a text replaced.
  func replacingFirst(_ old: String, _ new: String) -> String {
    guard let range = firstRange(of: old) else { return self }
    return String(self[..<range.lowerBound]) + new + String(self[range.upperBound...])
  }
}
