import CLibPQ

extension PipelineWorker {
  /// libpq may answer NULL once more after an error at a Sync; more in a row mean that it has nothing to give.
  private static let maximumEmptyAnswers = 2

  /// Matches what has arrived to the slots. False when the connection is of no use any more.
  func receive(from link: Link) -> Bool {
    var emptyAnswers = 0
    while !link.isBusy, emptyAnswers <= Self.maximumEmptyAnswers {
      guard let head = slots.first else { return link.isAlive }
      guard let handle = link.nextResult() else {
        // NULL ends the results of the statement at the head.
        guard let result = headResult else {
          emptyAnswers += 1
          continue
        }
        emptyAnswers = 0
        headResult = nil
        _ = slots.popFirst()
        finish(head, with: result, over: link)
        continue
      }
      lastProgress = .now
      guard take(handle, for: head, over: link) else { return false }
    }
    return link.isAlive
  }

  /// False when the connection must be closed.
  private func take(_ handle: OpaquePointer, for head: Slot, over link: Link) -> Bool {
    let verdict = ResultVerdict(handle)
    if case .rows = verdict {
      if case .rows(let earlier)? = headResult { PQclear(earlier) }
      headResult = .rows(handle)
      return true
    }
    defer { PQclear(handle) }
    switch verdict {
    case .rows: return true
    case .sync:
      guard case .sync(let endsBatch) = head else { return false }
      _ = slots.popFirst()
      endUnit(endsBatch: endsBatch)
      // A statement that left a transaction open would carry over into other callers' statements.
      return link.transactionStatus == PQTRANS_IDLE || !slots.isEmpty && link.transactionStatus == PQTRANS_ACTIVE
    case .aborted: setHead(.aborted)
    case .staleStatement(let error): setHead(.stale(error))
    case .error(let error, let endsConnection):
      if endsConnection || !link.isAlive { return false }
      if case .sync = head {
        // The commit itself failed, for example by a deferred constraint. Its Sync is still to come.
        if let (item, _) = uncommitted { fail(item, error) }
        uncommitted = nil
      } else {
        setHead(.failed(error))
      }
    }
    return true
  }

  private func setHead(_ result: HeadResult) {
    if case .rows(let handle)? = headResult { PQclear(handle) }
    headResult = result
  }

  private func endUnit(endsBatch: Bool) {
    unitFault = nil
    if endsBatch { batchesInFlight -= 1 }
    if let (item, result) = uncommitted { succeed(item, result) }
    uncommitted = nil
  }

  private func finish(_ slot: Slot, with result: HeadResult, over link: Link) {
    switch slot {
    case .query(let item, let statement): finish(item, statement, with: result, over: link)
    case .prepare(let statement), .context(let statement): finishHelper(statement, with: result, over: link)
    case .discard, .sync:
      if case .rows(let handle) = result { PQclear(handle) }
    }
    // A failed context aborts the unit: its reads must not be sent again for ever.
    if case .context(let statement) = slot {
      switch result {
      case .failed(let error): unitFault = statement.fault ?? error
      case .stale: unitFault = statement.fault
      case .rows, .aborted: break
      }
    }
  }

  /// A statement that no caller asked for: its result does not matter, its error goes to those who depend on it.
  private func finishHelper(_ statement: PreparedStatement, with result: HeadResult, over link: Link) {
    switch result {
    case .rows(let handle): PQclear(handle)
    case .failed(let error):
      statement.fault = error
      link.forget(statement)
    case .stale, .aborted: link.forget(statement)
    }
  }

  private func finish(
    _ item: Item, _ statement: PreparedStatement, with result: HeadResult, over link: Link
  ) {
    switch result {
    case .rows(let handle):
      let columns = statement.columns ?? Columns(handle)
      statement.columns = columns
      let rows = QueryResult(handle, columns: columns)
      if lane.kind == .reads { succeed(item, rows) } else { uncommitted = (item, rows) }
    case .failed(let error): fail(item, error)
    case .stale(let error):
      link.forget(statement)
      sendAgain(item, otherwise: statement.fault ?? error, isHopeless: statement.fault != nil)
    case .aborted:
      // Not executed, because of a neighbour. Alone in its unit it cannot happen again.
      sendAgain(item, otherwise: unitFault ?? .connectionLost, isHopeless: unitFault != nil)
    }
  }

  private func sendAgain(_ item: Item, otherwise error: PostgresError, isHopeless: Bool) {
    guard !isHopeless, !item.isAlone else { return fail(item, error) }
    requeue([Item(request: item.request, resends: item.resends, isAlone: true)])
  }
}
