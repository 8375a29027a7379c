/// What each revision has.
extension ProtocolRevision {
  /// Several messages in one body.
  public var allowsBatches: Bool { self == .march2025 }

  /// `initialize`, a session header, `DELETE`.
  public var hasSessions: Bool { era == .legacy }

  /// Whether requests after the handshake carry `MCP-Protocol-Version`. Modern ones always do.
  public var requiresVersionHeader: Bool { self >= .june2025 }

  /// `Mcp-Method`, `Mcp-Name` and `Mcp-Param-…` beside the body, equal to it.
  public var mirrorsBodyInHeaders: Bool { era == .modern }

  /// `structuredContent` and `outputSchema`.
  public var hasStructuredContent: Bool { self >= .june2025 }

  /// How a server may ask the person something.
  public var elicitationModes: Set<ElicitationMode> {
    switch self {
    case .november2024, .march2025: []
    case .june2025: [.form]
    case .november2025, .july2026: [.form, .url]
    }
  }

  /// Whether the error -32042 exists, by which a server asks to open a URL.
  public var hasURLElicitationError: Bool { self == .november2025 }

  /// Whether results say what became of the request and how long they may be kept.
  public var hasResultTypes: Bool { era == .modern }

  /// Whether a server may send requests of its own in the middle of an answer.
  public var allowsServerRequests: Bool { era == .legacy }

  /// Whether the end of a connection cancels its request. In the legacy era it does not; a notification does.
  public var cancelsOnDisconnect: Bool { era == .modern }
}

/// How a person is asked.
public enum ElicitationMode: String, Sendable, CaseIterable, Codable { case form, url }
