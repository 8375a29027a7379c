import Model
import Testing

@testable import GatewayKit

@Suite struct HTMLTextTests {
  @Test(arguments: ["\u{301}", "\u{200D}", "\u{FE0F}"]) func aMarkBehindASignHidesItFromNobody(mark: String) {
    let text = HTMLText().escapeText("a\"\(mark)b<\(mark)c>\(mark)d&\(mark)e'\(mark)")
    #expect(text == "a&quot;\(mark)b&lt;\(mark)c&gt;\(mark)d&amp;\(mark)e&#39;\(mark)")
  }

  /// The text reaches the page in an attribute, by a link that anybody can make.
  @Test func pagesAreWrittenInIt() throws {
    let html = try PageRenderer().audit(AuditPage(Page(items: [], nextCursor: nil), "\"\u{301} autofocus"))
    let scalars = Array(html.unicodeScalars)
    let bare = scalars.indices.dropLast().contains { scalars[$0] == "\"" && scalars[$0 + 1] == "\u{301}" }
    #expect(!bare)
    #expect(html.contains("autofocus"))
  }
}
