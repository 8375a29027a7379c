/// One prepared statement on one connection.
final class PreparedStatement {
  let name: String
  let types: [PostgresType]
  /// Known after the first result.
  var columns: Columns?
  /// Why preparing it failed.
  var fault: PostgresError?
  fileprivate var used: UInt64 = 0

  init(name: String, types: [PostgresType]) {
    self.name = name
    self.types = types
  }
}

/// The prepared statements of one connection, by their text and parameter types.
struct StatementCache {
  private var statements: [String: [PreparedStatement]] = [:]
  private var count = 0
  private var clock: UInt64 = 0
  private let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  /// - Returns: the statement, whether it must be prepared first, and the one to give up for it.
  mutating func statement(for sql: SQL) -> (statement: PreparedStatement, isNew: Bool, evicted: PreparedStatement?) {
    clock += 1
    if let found = statements[sql.text]?.first(where: { $0.matches(sql.parameters) }) {
      found.used = clock
      return (found, false, nil)
    }
    let evicted = count >= capacity ? evictLeastRecentlyUsed() : nil
    let added = PreparedStatement(name: "s\(clock)", types: sql.parameters.entries.map(\.type))
    added.used = clock
    statements[sql.text, default: []].append(added)
    count += 1
    return (added, true, evicted)
  }

  mutating func remove(_ statement: PreparedStatement) {
    for (text, variants) in statements where variants.contains(where: { $0 === statement }) {
      let rest = variants.filter { $0 !== statement }
      statements[text] = rest.isEmpty ? nil : rest
      count -= 1
      return
    }
  }

  private mutating func evictLeastRecentlyUsed() -> PreparedStatement? {
    guard let oldest = statements.values.joined().min(by: { $0.used < $1.used }) else { return nil }
    remove(oldest)
    return oldest
  }
}

extension PreparedStatement {
  fileprivate func matches(_ parameters: Parameters) -> Bool {
    guard types.count == parameters.entries.count else { return false }
    for index in types.indices where types[index] != parameters.entries[index].type { return false }
    return true
  }
}
