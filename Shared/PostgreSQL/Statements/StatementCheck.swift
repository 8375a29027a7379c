extension SQL {
  /// Commands that would leave something behind on a connection that others share.
  private static let sessionCommands: Set<UInt64> = Set(
    [
      "begin", "start", "commit", "end", "rollback", "abort", "savepoin", "release", "prepare", "execute", "deallocate",
      "discard", "set", "reset", "listen", "unlisten", "copy", "declare", "fetch", "close", "load",
    ].map { Self.word(Array($0.utf8)[...].prefix(8)) })

  /// Commands that a transaction may use though they are in ``sessionCommands``: they end with it.
  private static let transactionCommands: Set<UInt64> = Set(
    ["savepoin", "release", "declare", "fetch", "close"].map { word(Array($0.utf8)[...]) })

  /// What `SET` and `ROLLBACK` may be followed by in a transaction.
  private static let localForms = ["set local ", "set constraints ", "rollback to "]

  /// - Throws: ``PostgresError/invalidParameter`` or ``PostgresError/notAllowed``.
  func check(inTransaction: Bool) throws(PostgresError) {
    guard !parameters.hasInvalidText, parameterCount <= Parameters.maximumCount else { throw .invalidParameter }
    let command = firstWord
    guard Self.sessionCommands.contains(command) else { return }
    guard inTransaction else { throw .notAllowed }
    if Self.transactionCommands.contains(command) { return }
    let start = text.drop(while: \.isWhitespace).prefix(16).lowercased()
    if Self.localForms.contains(where: { start.hasPrefix($0) }) { return }
    throw .notAllowed
  }

  /// The first word in lower case, packed: compared on every statement, so it must cost next to nothing.
  private var firstWord: UInt64 {
    Self.word(text.utf8.lazy.drop { $0 <= UInt8(ascii: " ") }.prefix { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A })
  }

  private static func word(_ letters: some Sequence<UInt8>) -> UInt64 {
    var packed: UInt64 = 0
    for letter in letters.prefix(8) { packed = packed << 8 | UInt64(letter | 0x20) }
    return packed
  }
}
