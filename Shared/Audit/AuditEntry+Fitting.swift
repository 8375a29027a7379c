public import Model

extension AuditEntry {
  /// The same entry with every text cut to what a row has room for. For what has happened already and must be on record, whatever it was
  /// called: an entry that were refused would be missing.
  public var fitting: AuditEntry {
    var entry = self
    entry.actor.id = actor.id.map(Self.fit)
    entry.applicationId = applicationId.map(Self.fit)
    entry.appId = appId.map(Self.fit)
    entry.charmId = charmId.map(Self.fit)
    entry.requestId = requestId.map(Self.fit)
    entry.details = details.mapValues(Self.fit)
    return entry
  }

  private static func fit(_ text: String) -> String {
    guard text.utf8.count > AuditRow.maximumTextBytes || text.utf8.contains(0) else { return text }
    var fitted = ""
    var room = AuditRow.maximumTextBytes
    for scalar in text.unicodeScalars {
      // PostgreSQL's text cannot hold U+0000.
      let kept = scalar.value == 0 ? "\u{FFFD}" : scalar
      room -= UTF8.width(kept)
      guard room >= 0 else { break }
      fitted.unicodeScalars.append(kept)
    }
    return fitted
  }
}
