/// A revision of the Model Context Protocol, named by its date.
public enum ProtocolRevision: String, Sendable, CaseIterable, Codable {
  /// HTTP and SSE on two endpoints. Recognised, so that it can be refused by name; not spoken.
  case november2024 = "2024-11-05"
  /// Streamable HTTP, batches.
  case march2025 = "2025-03-26"
  /// Structured content, elicitation by form, the version header; no batches.
  case june2025 = "2025-06-18"
  /// Elicitation by URL.
  case november2025 = "2025-11-25"
  /// No handshake and no sessions: every request says who sends it.
  case july2026 = "2026-07-28"

  /// The newest one.
  public static let latest = ProtocolRevision.july2026

  /// The newest one with a handshake.
  public static let latestLegacy = ProtocolRevision.november2025

  /// What a legacy request without a version header speaks (revision 2025-06-18, transports).
  public static let assumed = ProtocolRevision.march2025

  /// Those that we speak, the newest first.
  public static let supported: [ProtocolRevision] = [.july2026, .november2025, .june2025, .march2025]

  public var isSupported: Bool { self != .november2024 }

  public var era: Era { self >= .july2026 ? .modern : .legacy }
}

extension ProtocolRevision: Comparable {
  /// By date.
  public static func < (left: ProtocolRevision, right: ProtocolRevision) -> Bool { left.rawValue < right.rawValue }
}

/// The two ways in which a connection works.
public enum Era: String, Sendable, CaseIterable, Codable {
  /// A handshake, a session, and messages in both directions.
  case legacy
  /// One request, one answer, nothing remembered in between.
  case modern

  /// The revisions of this era that we speak, the newest first.
  public var revisions: [ProtocolRevision] { ProtocolRevision.supported.filter { $0.era == self } }
}
