/// How long a result may be kept, and for whom (revision 2026-07-28, caching).
public struct CacheHint: Hashable, Sendable {
  public enum Scope: String, Sendable {
    /// Only for the token that asked. What depends on the caller must say so.
    case `private`
    /// For everyone.
    case `public`
  }

  public let milliseconds: Int
  public let scope: Scope

  public init(milliseconds: Int, scope: Scope) {
    self.milliseconds = max(0, milliseconds)
    self.scope = scope
  }

  /// For this caller, and not to be kept.
  public static let never = CacheHint(milliseconds: 0, scope: .private)

  /// Whether results of this method must carry the hint.
  public static func isNeeded(for method: String) -> Bool {
    switch method {
    case "server/discover", "tools/list", "prompts/list", "resources/list", "resources/templates/list",
      "resources/read":
      true
    default: false
    }
  }

  var members: [(String, JSONText?)] {
    [("ttlMs", JSONText(milliseconds)), ("cacheScope", JSONText(scope.rawValue))]
  }
}
