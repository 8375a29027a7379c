public import Model

/// What a tool's server says about its effects (MCP `ToolAnnotations`).
public struct ToolHints: Hashable, Sendable {
  private let bits: UInt8

  /// Absent hints count as the protocol says, which is as the worst: not read-only, destructive, open world.
  public init(readOnly: Bool? = nil, destructive: Bool? = nil, openWorld: Bool? = nil) {
    var bits: UInt8 = 0
    let isReadOnly = readOnly ?? false
    if isReadOnly { bits |= Self.bit(.readOnly) }
    // Means something only where the tool changes anything.
    if !isReadOnly, destructive ?? true { bits |= Self.bit(.destructive) }
    if openWorld ?? true { bits |= Self.bit(.openWorld) }
    self.bits = bits
  }

  /// Of a tool that says nothing, or that nobody knows.
  public static let unsaid = ToolHints()

  /// Whether a rule's annotation holds for the tool.
  public func contains(_ annotation: RuleResources.Annotation) -> Bool { bits & Self.bit(annotation) != 0 }

  private static func bit(_ annotation: RuleResources.Annotation) -> UInt8 {
    switch annotation {
    case .destructive: 1
    case .readOnly: 2
    case .openWorld: 4
    }
  }
}
