/// What stands before the names of a server's tools where several servers are joined.
enum MCPServerSlug {
  /// Characters of a slug: most of a tool's 128 stay for the tool's own name.
  static let maximumLength = 32
  /// For a name without a letter or digit of ASCII.
  private static let nameless = "server"

  /// A slug of the name that is not taken: lower-case letters and digits of ASCII with single hyphens between, numbered
  /// where that is needed.
  static func make(of name: String, taken: Set<String>) -> String {
    let words = name.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    let plain = words.isEmpty ? nameless : words.joined(separator: "-")
    let first = cut(plain, to: maximumLength)
    guard taken.contains(first) else { return first }
    var number = 2
    while true {
      let ending = "-\(number)"
      let slug = cut(plain, to: maximumLength - ending.utf8.count) + ending
      if !taken.contains(slug) { return slug }
      number += 1
    }
  }

  private static func cut(_ text: String, to length: Int) -> String {
    let part = text.prefix(length)
    return String(part.hasSuffix("-") ? part.dropLast() : part)
  }
}
