extension PipelineWorker {
  /// Sends items in units. False when the connection is lost; what was not handed over is put back.
  func send(_ items: [Item], over link: Link) -> Bool {
    let wanted = items.filter { !$0.request.isAnswered }
    for item in items where item.request.isAnswered { lane.metrics.finished(item.request.created, error: .cancelled) }
    let units = lane.kind == .reads ? readUnits(wanted) : wanted.map { [$0] }
    for (index, unit) in units.enumerated() {
      let endsBatch = lane.kind == .writes || index == units.count - 1
      if endsBatch { batchesInFlight += 1 }
      guard sendUnit(unit, over: link, endsBatch: endsBatch) else {
        requeue(units[(index + 1)...].flatMap { $0 })
        return false
      }
    }
    return true
  }

  /// Groups reads by context. No unit ever holds two contexts, nor one read with a context and one without.
  private func readUnits(_ items: [Item]) -> [[Item]] {
    var units: [[Item]] = []
    var unitOfContext: [SessionContext?: Int] = [:]
    for item in items {
      if item.isAlone {
        units.append([item])
      } else if let unit = unitOfContext[item.request.context] {
        units[unit].append(item)
      } else {
        unitOfContext[item.request.context] = units.count
        units.append([item])
      }
    }
    return units
  }

  /// Prepares what is new in units of its own, then sends the statements and their Sync.
  private func sendUnit(_ items: [Item], over link: Link, endsBatch: Bool) -> Bool {
    var statements: [PreparedStatement] = []
    let contextStatement = items.first?.request.context?.statement
    var setContext: PreparedStatement?
    if let contextStatement {
      guard let statement = prepare(contextStatement, over: link) else { return giveBack(items, from: 0) }
      setContext = statement
    }
    for item in items {
      guard let statement = prepare(item.request.sql, over: link) else { return giveBack(items, from: 0) }
      statements.append(statement)
    }
    if let contextStatement, let setContext {
      guard link.send(setContext, contextStatement) else { return giveBack(items, from: 0) }
      slots.append(.context(setContext))
    }
    for (index, item) in items.enumerated() {
      guard link.send(statements[index], item.request.sql) else { return giveBack(items, from: index) }
      slots.append(.query(item, statements[index]))
    }
    guard link.sync() else { return false }
    slots.append(.sync(endsBatch: endsBatch))
    return true
  }

  /// Items that libpq never took were not sent: they wait for the next connection.
  private func giveBack(_ items: [Item], from index: Int) -> Bool {
    requeue(Array(items[index...]))
    return false
  }

  private func prepare(_ sql: SQL, over link: Link) -> PreparedStatement? {
    var isConnected = true
    let statement = link.statement(
      for: sql,
      prepared: {
        slots.append(.prepare($0))
        isConnected = isConnected && syncAside(link)
      },
      discarded: {
        slots.append(.discard)
        isConnected = isConnected && syncAside(link)
      })
    return isConnected ? statement : nil
  }

  /// Preparing has its own unit, so that an error in it aborts nobody else's statement.
  private func syncAside(_ link: Link) -> Bool {
    guard link.sync() else { return false }
    slots.append(.sync(endsBatch: false))
    return true
  }
}
