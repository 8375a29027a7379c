import Mustache

/// Text as HTML, inside elements and inside quoted attributes.
///
/// By code units: to the template library's own escaping a quotation mark with a combining mark behind it is another character than a
/// quotation mark, and to a browser it is the end of an attribute.
struct HTMLText: MustacheContentType {
  /// The name under which the library knows it, and how a template says that it is written in it.
  static let name = "HTML"
  static let declaration = "{{% CONTENT_TYPE:\(name) }}\n"

  func escapeText(_ text: String) -> String {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "&": escaped += "&amp;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
