import Testing

@testable import MCP

@Suite struct RevisionTests {
  @Test func eachRevisionHasWhatItHas() {
    let table: [(ProtocolRevision, Bool, Bool, Set<ElicitationMode>, Bool, Bool, Era)] = [
      (.march2025, true, false, [], false, false, .legacy),
      (.june2025, false, true, [.form], false, true, .legacy),
      (.november2025, false, true, [.form, .url], true, true, .legacy),
      (.july2026, false, true, [.form, .url], false, true, .modern),
    ]
    for (revision, batches, header, modes, code, structured, era) in table {
      #expect(revision.allowsBatches == batches)
      #expect(revision.requiresVersionHeader == header)
      #expect(revision.elicitationModes == modes)
      #expect(revision.hasURLElicitationError == code)
      #expect(revision.hasStructuredContent == structured)
      #expect(revision.era == era)
      #expect(revision.hasSessions == (era == .legacy))
      #expect(revision.mirrorsBodyInHeaders == (era == .modern))
      #expect(revision.isSupported)
    }
    #expect(!ProtocolRevision.november2024.isSupported)
    #expect(ProtocolRevision.supported == ProtocolRevision.allCases.filter(\.isSupported).sorted(by: >))
  }

  @Test(arguments: [
    ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"),
    ("2024-11-05", "2025-11-25"), ("2026-07-28", "2025-11-25"), ("3000-01-01", "2025-11-25"), ("", "2025-11-25"),
  ])
  func aHandshakeIsAnsweredWithWhatWasAskedOrTheNewest(requested: String, answer: String) {
    #expect(ProtocolRevision.answer(toInitialize: requested).rawValue == answer)
  }

  @Test func theHeaderNamesALegacyRevision() throws {
    #expect(try ProtocolRevision.ofLegacyRequest(header: nil) == .march2025)
    #expect(try ProtocolRevision.ofLegacyRequest(header: "2025-11-25") == .november2025)
    for bad in ["2024-11-05", "2026-07-28", "2025-11-25 ", "x", ""] {
      #expect(throws: MessageProblem.self) { try ProtocolRevision.ofLegacyRequest(header: bad) }
    }
    #expect(ProtocolRevision.common(with: ["2025-06-18", "x", "2026-07-28", "9999-01-01"]) == .july2026)
    #expect(ProtocolRevision.common(with: ["2024-11-05"]) == nil)
  }

  @Test func theEraOfARequestIsTold() throws {
    let meta = #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#
    func era(_ method: String, _ params: String, _ header: String?) throws -> Era {
      let text = #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":{\#(params)}}"#
      return Era.of(try MCPMessage(Array(text.utf8)), versionHeader: header)
    }
    #expect(try era("tools/list", meta, nil) == .modern)
    #expect(try era("tools/list", "", "2026-07-28") == .modern)
    #expect(try era("tools/list", "", "2027-01-01") == .modern)
    #expect(try era("tools/list", "", "2025-11-25") == .legacy)
    #expect(try era("tools/list", "", nil) == .legacy)
    #expect(try era("tools/list", "", "zzzz-zz-zz") == .legacy)
    #expect(try era("initialize", "", "2026-07-28") == .legacy)
  }

  @Test func aServersEraIsToldByItsAnswer() throws {
    func verdict(_ status: Int, _ text: String?) throws -> ServerProbe {
      ServerProbe(status: status, message: try text.map { try MCPMessage(Array($0.utf8)) })
    }
    func result(_ text: String) -> String { #"{"jsonrpc":"2.0","id":1,"result":\#(text)}"# }
    func error(_ code: Int, _ data: String = "null") -> String {
      #"{"jsonrpc":"2.0","id":1,"error":{"code":\#(code),"message":"m","data":\#(data)}}"#
    }
    #expect(try verdict(200, result(#"{"supportedVersions":["2025-11-25","2026-07-28"]}"#)) == .modern(.july2026))
    #expect(try verdict(200, result(#"{"supportedVersions":["2025-11-25"]}"#)) == .legacy)
    let unknown = result(#"{"supportedVersions":["2030-01-01"]}"#)
    #expect(try verdict(200, unknown) == .incompatible(supported: ["2030-01-01"]))
    #expect(try verdict(200, result(#"{"supportedVersions":["2030-01-01","2025-06-18"]}"#)) == .legacy)
    #expect(try verdict(200, result("{}")) == .legacy)
    #expect(try verdict(200, error(-32_601)) == .modern(.latest))
    #expect(try verdict(200, error(-32_600)) == .legacy)
    #expect(try verdict(200, nil) == .undecided)
    #expect(try verdict(404, error(-32_601)) == .modern(.latest))
    #expect(try verdict(404, nil) == .legacy)
    #expect(try verdict(400, error(-32_020)) == .modern(.latest))
    #expect(try verdict(400, error(-32_022, #"{"supported":["2026-07-28"],"requested":"x"}"#)) == .modern(.july2026))
    #expect(try verdict(400, error(-32_022, #"{"supported":["2025-11-25"],"requested":"x"}"#)) == .legacy)
    // What a server of the Python SDK 1.30 answers.
    let missing = #"{"code":-32600,"message":"Bad Request: Missing session ID"}"#
    #expect(try verdict(400, #"{"jsonrpc":"2.0","id":"server-error","error":\#(missing)}"#) == .legacy)
    #expect(try verdict(405, nil) == .legacy)
    for status in [301, 401, 403, 408, 429, 500, 502, 503] { #expect(try verdict(status, nil) == .undecided) }
  }

  @Test func errorsHaveTheStatusOfTheirEra() {
    let table: [(RPCErrorCode, Int, Int)] = [
      (.parseError, 400, 400), (.invalidRequest, 400, 400), (.methodNotFound, 404, 200), (.invalidParams, 400, 200),
      (.internalError, 200, 200), (.headerMismatch, 400, 400), (.missingClientCapability, 400, 400),
      (.unsupportedProtocolVersion, 400, 400), (.urlElicitationRequired, 200, 200), (.sessionNotFound, 404, 404),
    ]
    for (code, modern, legacy) in table {
      #expect(code.status(in: .modern) == modern, "\(code)")
      #expect(code.status(in: .legacy) == legacy, "\(code)")
    }
    #expect(RPCError.unknown("tool").status(in: .modern) == 200)
    #expect(!RPCErrorCode.urlElicitationRequired.isModern)
  }
}
