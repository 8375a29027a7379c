import Testing

@testable import MCP

@Suite struct HeaderTextTests {
  /// The examples of revision 2026-07-28, transports, value encoding.
  @Test(arguments: [
    ("us-west1", "us-west1"),
    ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
    (" padded ", "=?base64?IHBhZGRlZCA=?="),
    ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
    ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
    ("", ""),
    ("in between", "in between"),
  ])
  func valuesAreWrittenAsTheSpecificationShows(text: String, value: String) {
    #expect(HeaderText.encode(text) == value)
    #expect(HeaderText.decode(value) == text)
  }

  @Test(arguments: [
    "=?base64?SGVsbG8?=", "=?base64?SGVsbG9=?=", "=?base64?/w==?=", "=?base64?SGVs bG8=?=", " padded", "tab\tbed",
    "é", "=?base64?!?=", "\u{7F}",
  ])
  func aValueThatNobodyWritesSaysNothing(value: String) {
    #expect(HeaderText.decode(value) == nil)
  }

  @Test func everyTextComesBack() {
    var generator = Random(seed: 7)
    for _ in 0..<20_000 {
      let text = generator.text(maximumScalars: 12)
      let value = HeaderText.encode(text)
      #expect(value.utf8.allSatisfy { (0x20...0x7E).contains($0) })
      #expect(HeaderText.decode(value)?.utf8.elementsEqual(text.utf8) == true)
    }
    print("figure: 20,000 texts through a header, every one came back")
  }
}
