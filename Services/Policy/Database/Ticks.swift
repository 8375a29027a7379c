/// Emits at once and then at an interval, until its task is cancelled.
struct Ticks: AsyncSequence, Sendable {
  private let interval: Duration

  init(every interval: Duration) { self.interval = interval }

  struct AsyncIterator: AsyncIteratorProtocol {
    let interval: Duration
    var isFirst = true

    mutating func next() async -> Void? {
      if isFirst {
        isFirst = false
        return ()
      }
      do {
        try await Task.sleep(for: interval)
        return ()
      } catch {
        return nil
      }
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(interval: interval) }
}
