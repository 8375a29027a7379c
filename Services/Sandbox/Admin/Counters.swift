import Synchronization

/// Counts what reached the provider's endpoints. The numbers that tests hold a client against.
final class Counters: Sendable {
  enum Event: Sendable { case request, processed, refused, faulted }

  /// Every request is counted once; `processed` and `refused` say what the endpoint did with it, `faulted` that a
  /// fault struck. A request whose answer was lost counts as processed and faulted.
  struct Count: Codable, Sendable, Equatable {
    var requests = 0
    var processed = 0
    var refused = 0
    var faulted = 0
  }

  struct Snapshot: Codable, Sendable, Equatable {
    var endpoints: [ProviderEndpoint: Count] = [:]
    /// The token endpoint by `grant_type`.
    var grantTypes: [String: Count] = [:]
  }

  private let state = Mutex(Snapshot())

  func count(_ event: Event, at endpoint: ProviderEndpoint, grantType: String?) {
    state.withLock { state in
      state.endpoints[endpoint, default: Count()].add(event)
      guard endpoint == .token else { return }
      // Anything else is one entry: what callers send must not grow the table.
      let name = grantType.flatMap(GrantType.init(rawValue:))?.rawValue ?? "other"
      state.grantTypes[name, default: Count()].add(event)
    }
  }

  var snapshot: Snapshot { state.withLock { $0 } }

  func reset() { state.withLock { $0 = Snapshot() } }
}

extension Counters.Count {
  fileprivate mutating func add(_ event: Counters.Event) {
    switch event {
    case .request: requests += 1
    case .processed: processed += 1
    case .refused: refused += 1
    case .faulted: faulted += 1
    }
  }
}
