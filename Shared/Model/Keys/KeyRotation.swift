public import FoundationEssentials

/// How the rotation of an organization's key stands: every value that the vault holds for it is sealed again under a new key.
public struct KeyRotationReport: Codable, Sendable, Hashable {
  public enum State: String, Codable, Sendable, CaseIterable {
    case running, finished
  }

  public var id: KeyRotationID
  public var state: State
  /// The version of the key that the values are under in the end.
  public var keyVersion: Int64
  /// Values under an older key when it began.
  public var total: Int64
  /// Values that have been sealed again since. May pass `total`: values that are written meanwhile can be met, too.
  public var rewritten: Int64
  /// Values that open under no key, and stay as they are.
  public var unreadable: Int64
  public var startedAt: Date
  /// Absent while it runs.
  public var finishedAt: Date?

  public init(
    id: KeyRotationID, state: State, keyVersion: Int64, total: Int64, rewritten: Int64, unreadable: Int64,
    startedAt: Date, finishedAt: Date?
  ) {
    self.id = id
    self.state = state
    self.keyVersion = keyVersion
    self.total = total
    self.rewritten = rewritten
    self.unreadable = unreadable
    self.startedAt = startedAt
    self.finishedAt = finishedAt
  }
}

/// Rotations of an organization's key, answered by the vault.
public enum KeyRotationEndpoints {
  /// ``Grant/Purpose/rotateKeys``. While one runs, it is the answer and nothing new begins.
  public static let begin = Endpoint<Empty, KeyRotationReport>(
    .vault, .post, "/internal/keys/rotations/begin", callers: [.gateway], timeoutSeconds: 30)
  /// ``Grant/Purpose/followKeys``.
  public static let show = Endpoint<Reference<KeyRotationKind>, KeyRotationReport>(
    .vault, .post, "/internal/keys/rotations/show", callers: [.gateway])
  /// Newest first. ``Grant/Purpose/followKeys``.
  public static let list = Endpoint<PageRequest, Page<KeyRotationReport>>(
    .vault, .post, "/internal/keys/rotations/list", callers: [.gateway])
}
