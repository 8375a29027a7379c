import Model

/// Answers readers of the change feed: at once when there is something, otherwise when there is or their time is over.
struct ChangeService: Sendable {
  let store: ChangeStore
  let announcements: Announcements

  /// Changes after a sequence number; without one, only the newest number.
  func poll(_ query: ChangeQuery) async throws -> ChangePage {
    guard let after = query.after else {
      return ChangePage(changes: [], last: try await store.last(), complete: true)
    }
    let patience = try Patience(seconds: query.waitSeconds)
    return try await announcements.listening(to: .changes) { listening in
      while true {
        let page = try await store.page(after: after)
        guard page.complete, page.changes.isEmpty, !Announcements.isDraining, let pause = patience.nextRare() else {
          return page
        }
        await listening.wait(atMost: pause)
        try Task.checkCancellation()
      }
    }
  }
}
