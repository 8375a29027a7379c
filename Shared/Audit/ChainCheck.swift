/// Follows a chain entry by entry and collects what is wrong. No I/O.
struct ChainCheck {
  /// Findings listed; a chain with more is broken beyond lists.
  static let maximumFindings = 1_000
  /// Entries that do not fit and are compared with each other's places at the end; the work grows with the square.
  private static let maximumMisfits = 200

  private struct Misfit {
    var sequence: Int64
    var hash: [UInt8]
    var bytes: [UInt8]
  }

  private(set) var entries = 0
  private(set) var last: AuditPosition
  private var findings: [AuditFinding] = []
  private var misfits: [Misfit] = []
  /// The hashes that the misfits may have been recorded after.
  private var possiblePredecessors: Set<[UInt8]> = []
  /// Ordered by number. Before ``nextTrusted`` stands what was compared.
  private let trusted: [AuditPosition]
  private var nextTrusted = 0

  /// - Parameter trusted: Those before the start are passed over: what they speak of is not here any more.
  init(after start: AuditPosition, trusting trusted: [AuditPosition]) {
    last = start
    self.trusted = trusted.filter { $0.sequence >= start.sequence }.sorted { $0.sequence < $1.sequence }
    compareWithTrusted(start)
  }

  /// Trusted positions that were compared with the chain.
  var comparisons: Int { nextTrusted }

  /// Takes the next entry. Entries come in the order of their numbers.
  mutating func take(_ row: AuditRow, at position: AuditPosition) {
    entries += 1
    if position.sequence != last.sequence + 1 {
      add(.missing(from: last.sequence + 1, through: position.sequence - 1))
      // What came before is not known, so this entry's hash cannot be checked; from here on the chain can.
    } else {
      let bytes = AuditHash.canonicalBytes(row)
      if AuditHash.next(after: last.hash, sequence: position.sequence, bytes: bytes) != position.hash {
        addMisfit(Misfit(sequence: position.sequence, hash: position.hash, bytes: bytes))
      }
    }
    compareWithTrusted(position)
    last = position
  }

  /// The findings, once every entry was taken.
  mutating func finish(head: AuditPosition?) -> [AuditFinding] {
    for misfit in misfits { add(finding(misfit)) }
    // A trusted position beyond the end: the chain was cut.
    for position in trusted[nextTrusted...] { add(.contradictsTrustedPosition(sequence: position.sequence)) }
    if let head {
      if head != last { add(.headDiffers(headSequence: head.sequence, lastSequence: last.sequence)) }
      if head.sequence > last.sequence { add(.missing(from: last.sequence + 1, through: head.sequence)) }
    } else if last.sequence > 0 {
      add(.headMissing)
    }
    return findings
  }

  /// Compares a position with every trusted one of its number. One of a number that was skipped is not in the chain.
  private mutating func compareWithTrusted(_ position: AuditPosition) {
    while nextTrusted < trusted.count, trusted[nextTrusted].sequence <= position.sequence {
      if trusted[nextTrusted] != position {
        add(.contradictsTrustedPosition(sequence: trusted[nextTrusted].sequence))
      }
      nextTrusted += 1
    }
  }

  private mutating func addMisfit(_ misfit: Misfit) {
    guard misfits.count < Self.maximumMisfits else { return add(.altered(sequence: misfit.sequence)) }
    misfits.append(misfit)
    possiblePredecessors.insert(last.hash)
    possiblePredecessors.insert(misfit.hash)
  }

  /// An entry that was moved still carries the hash of the place where it was recorded.
  private func finding(_ misfit: Misfit) -> AuditFinding {
    for other in misfits where other.sequence != misfit.sequence {
      for previous in possiblePredecessors
      where AuditHash.next(after: previous, sequence: other.sequence, bytes: misfit.bytes) == misfit.hash {
        return .moved(sequence: misfit.sequence, recordedAt: other.sequence)
      }
    }
    return .altered(sequence: misfit.sequence)
  }

  mutating func add(_ finding: AuditFinding) {
    if findings.count < Self.maximumFindings {
      findings.append(finding)
    } else if findings.last != .more {
      findings.append(.more)
    }
  }
}
