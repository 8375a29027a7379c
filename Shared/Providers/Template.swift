/// A text with places to fill: `{name}`.
struct Template {
  enum Part: Equatable {
    case literal(String)
    case place(String)
  }

  let parts: [Part]

  /// Nil for a brace without its partner or a place without a plain name.
  init?(_ text: String) {
    var parts: [Part] = []
    var rest = text[...]
    while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
      guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else { return nil }
      let name = rest[rest.index(after: open)..<close]
      guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else { return nil }
      if open != rest.startIndex { parts.append(.literal(String(rest[..<open]))) }
      parts.append(.place(String(name)))
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty { parts.append(.literal(String(rest))) }
    self.parts = parts
  }

  /// The names of the places.
  var places: Set<String> {
    Set(parts.compactMap { if case .place(let name) = $0 { name } else { nil } })
  }

  /// The text with every place filled. A nil value leaves the place as it is.
  func filled(_ value: (String) throws -> String?) rethrows -> String {
    try parts.map { part in
      switch part {
      case .literal(let text): text
      case .place(let name): try value(name) ?? "{\(name)}"
      }
    }.joined()
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
