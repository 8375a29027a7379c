/// Who a client or a server says it is. Nobody checks it, so nothing may depend on it.
public struct Implementation: Hashable, Sendable {
  public let name: String
  public let version: String
  /// The whole of it, as it is written.
  public let text: JSONText

  public init(name: String, version: String, title: String? = nil) {
    self.name = name
    self.version = version
    text = .object([
      "name": JSONText(name), "title": title.map { JSONText($0) }, "version": JSONText(version),
    ])
  }

  /// Nil unless it is an object with a name and a version.
  public init?(_ text: JSONText) {
    guard let node = try? JSONNode(text.bytes), let name = node["name"]?.string, let version = node["version"]?.string
    else { return nil }
    self.name = name
    self.version = version
    self.text = text
  }
}
