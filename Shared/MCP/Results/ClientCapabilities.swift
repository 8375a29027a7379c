/// What a client says it can do.
public struct ClientCapabilities: Hashable, Sendable {
  /// How the person may be asked something. `"elicitation":{}` means by form only.
  public let elicitation: Set<ElicitationMode>
  /// Extensions by name, such as `io.modelcontextprotocol/tasks`.
  public let extensions: Set<String>
  /// The whole of it, as it is written.
  public let text: JSONText

  public init(elicitation: Set<ElicitationMode> = []) {
    self.elicitation = elicitation
    extensions = []
    let modes = elicitation.sorted { $0.rawValue < $1.rawValue }.map { ($0.rawValue, JSONText?.some(.emptyObject)) }
    text = .object([("elicitation", elicitation.isEmpty ? nil : .object(modes))])
  }

  /// Nil unless it is an object.
  public init?(_ text: JSONText) {
    guard let node = try? JSONNode(text.bytes), node.members != nil else { return nil }
    self.text = text
    extensions = Set(node["extensions"]?.members?.map(\.name) ?? [])
    guard let members = node["elicitation"]?.members else {
      elicitation = []
      return
    }
    let modes = Set(members.compactMap { ElicitationMode(rawValue: $0.name) })
    elicitation = members.isEmpty ? [.form] : modes
  }
}
