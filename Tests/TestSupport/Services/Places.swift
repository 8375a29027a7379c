/// Lets a bounded number of tests at the database at once: each running service holds several connections of the one
/// server.
public actor Places {
  /// The places of this test process.
  public static let shared = Places(count: 6)

  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  private init(count: Int) { free = count }

  /// Waits for a place.
  public func take() async {
    guard free == 0 else {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Hands the place to whoever waits longest.
  public func giveBack() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
