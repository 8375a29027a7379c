import Foundation
import Model
import Testing

@Suite struct SecretTests {
  struct Holder {
    var name = "holder"
    var secret = Secret("canary-7d1f")
    var wire = WireSecret("canary-7d1f")
  }

  @Test func aSecretNeverPrints() {
    let holder = Holder()
    var dumped = ""
    dump(holder, to: &dumped)
    for text in ["\(holder)", String(reflecting: holder), dumped, "\(holder.secret)", "\(holder.wire)"] {
      #expect(!text.contains("canary"))
      #expect(text.contains("[redacted]") || !text.isEmpty)
    }
    #expect("\(holder.secret)" == "[redacted]")
    #expect("\(holder.wire)" == "[redacted]")
  }

  @Test func aWireSecretIsPlainTextOnTheWire() throws {
    let data = try WireJSON.encode(["token": WireSecret("abc")])
    #expect(String(decoding: data, as: UTF8.self) == #"{"token":"abc"}"#)
  }
}

@Suite struct IdentifierTests {
  @Test func aRandomIdentifierHasItsPrefixAnd128Bits() {
    let id = ConnectionID.random()
    #expect(id.rawValue.hasPrefix("con_"))
    #expect(id.rawValue.count == 4 + 26)
    #expect(Set((0..<1_000).map { _ in ConnectionID.random() }).count == 1_000)
  }

  @Test(arguments: [
    "", "con", "con_", "int_abc", "con_a b", "con_ä", "con_" + String(repeating: "a", count: 65), "con_a/b",
  ])
  func aForeignTextIsNoIdentifier(_ text: String) {
    #expect(ConnectionID(validating: text) == nil)
    #expect(throws: DecodingError.self) {
      try WireJSON.decode([ConnectionID].self, from: Data("[\"\(text)\"]".utf8))
    }
  }
}

@Suite struct RandomTextTests {
  @Test func base64URLMatchesFoundation() {
    for length in 0..<40 {
      let bytes = RandomText.bytes(length)
      let expected = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
        .replacing("=", with: "")
      #expect(RandomText.base64URL(bytes) == expected)
    }
  }

  @Test func base32HasTheLengthOfItsBits() {
    #expect(RandomText.base32(bytes: 16).count == 26)
    #expect(RandomText.base32(bytes: 5).count == 8)
  }
}

@Suite struct WireTimeTests {
  @Test func timesAreRFC3339InUTC() throws {
    let date = Date(timeIntervalSince1970: 1_767_323_045.678)
    #expect(WireTime.text(date) == "2026-01-02T03:04:05.678Z")
    #expect(WireTime.date("2026-01-02T03:04:05Z") == Date(timeIntervalSince1970: 1_767_323_045))
    #expect(WireTime.date("2026-01-02 03:04:05") == nil)
    #expect(WireTime.date("yesterday") == nil)
  }
}

@Suite struct ProblemTests {
  @Test(arguments: ErrorCode.allCases) func everyCodeHasAStatusAndATitle(_ code: ErrorCode) throws {
    #expect((400...599).contains(code.status))
    #expect(!code.title.isEmpty)
    let document = ProblemDocument(ServiceError(code, "detail"), requestId: "req")
    let again = try WireJSON.decode(ProblemDocument.self, from: try WireJSON.encode(document))
    #expect(again.code == code)
    #expect(again.serviceError.detail == "detail")
  }

  @Test func anUnknownCodeOfANewerPeerIsAnInternalError() throws {
    let code = try WireJSON.decode([ErrorCode].self, from: Data(#"["something_new"]"#.utf8))
    #expect(code == [.internalError])
  }

  @Test func theCauseStaysInside() throws {
    let error = ServiceError(.internalError, "detail", cause: ServiceError(.sealed, "canary"))
    let text = String(decoding: try WireJSON.encode(ProblemDocument(error, requestId: "r")), as: UTF8.self)
    #expect(!text.contains("canary"))
  }
}

@Suite struct ErrorDocumentationTests {
  @Test(arguments: ErrorCode.allCases) func everyCodeIsInTheDocumentation(_ code: ErrorCode) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appendingPathComponent("docs/errors.md"), encoding: .utf8)
    #expect(page.contains("| `\(code.rawValue)` | \(code.status) | \(code.title) |"))
  }
}
