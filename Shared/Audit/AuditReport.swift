/// What is wrong with a chain.
public enum AuditFinding: Hashable, Sendable, CustomStringConvertible {
  /// The entry's content or hash, or the hash before it, is not what was recorded.
  case altered(sequence: Int64)
  /// An entry stands at another place than it was recorded at.
  case moved(sequence: Int64, recordedAt: Int64)
  /// Entries are missing.
  case missing(from: Int64, through: Int64)
  /// The head names another last entry or another hash than the entries give.
  case headDiffers(headSequence: Int64, lastSequence: Int64)
  /// There are entries and no head.
  case headMissing
  /// A position that was recorded outside the database is not in the chain.
  case contradictsTrustedPosition(sequence: Int64)
  /// The chain begins in the middle, and no signed record says that an operator cut it there.
  case unsignedStart(sequence: Int64)
  /// There are more findings than are listed.
  case more

  public var description: String {
    switch self {
    case .altered(let sequence): "entry \(sequence) was altered"
    case .moved(let sequence, let recordedAt): "entry \(sequence) was recorded as entry \(recordedAt)"
    case .missing(let from, let through): "entries \(from) to \(through) are missing"
    case .headDiffers(let head, let last): "the head says \(head), the entries end at \(last) or with another hash"
    case .headMissing: "the head is missing"
    case .contradictsTrustedPosition(let sequence): "entry \(sequence) is not what a checkpoint has signed"
    case .unsignedStart(let sequence): "entries up to \(sequence) are gone, and no signed cut says so"
    case .more: "more findings are not listed"
    }
  }
}

/// What a verification found.
public struct AuditReport: Sendable {
  public var chain: AuditChain
  /// Where the entries begin: after this place, which was cut away unless it is the beginning.
  public var start: AuditPosition
  /// Entries read.
  public var entries: Int
  /// Trusted positions that the chain was compared with.
  public var comparisons: Int
  /// Where the entries end; a checkpoint signs this.
  public var last: AuditPosition
  /// Empty for an intact chain.
  public var findings: [AuditFinding]

  /// Whether nothing is wrong, as far as can be seen from inside the database (see ``AuditVerifier``).
  public var isIntact: Bool { findings.isEmpty }
}
