/// What a server says about a tool's effects. Only hints, and only as good as the server.
public struct ToolAnnotations: Hashable, Sendable {
  public var title: String?
  /// It changes nothing.
  public var readOnly: Bool
  /// It may destroy something, not only add to it. Means something only where `readOnly` is false.
  public var destructive: Bool
  /// A second call with the same arguments changes nothing more.
  public var idempotent: Bool
  /// It reaches out to things that the server does not control.
  public var openWorld: Bool

  /// What a tool that says nothing is taken for (revision 2026-07-28, `ToolAnnotations`): the worst.
  public static let unsaid = ToolAnnotations(nil)

  init(_ node: JSONNode?) {
    title = node?["title"]?.string
    readOnly = node?["readOnlyHint"]?.boolean ?? false
    destructive = node?["destructiveHint"]?.boolean ?? true
    idempotent = node?["idempotentHint"]?.boolean ?? false
    openWorld = node?["openWorldHint"]?.boolean ?? true
  }
}
