import Synchronization

/// Unwrapped organization keys, few and for a short time.
///
/// It bridges a key management outage for active organizations, and keeps the root key out of the hot path. A hit
/// takes one short lock and no suspension.
public final class OrganizationKeyCache: Sendable {
  /// The longest time a key may stay in the clear in memory without being unwrapped again.
  public static let maximumLifetime: Duration = .seconds(600)
  /// The most keys kept; 10,000 take about 2 MB.
  public static let maximumCount = 10_000

  fileprivate struct Name: Hashable {
    var organizationId: String
    var version: UInt32
  }

  fileprivate struct Entry {
    var key: OrganizationKey
    var expires: ContinuousClock.Instant
    var ticket: UInt64
  }

  fileprivate struct State {
    var entries: [Name: Entry] = [:]
    // All entries live equally long, so the order of arrival is the order of expiry.
    var arrivals: [(name: Name, ticket: UInt64)] = []
    var firstArrival = 0
    var nextTicket: UInt64 = 0
  }

  private let lifetime: Duration
  private let capacity: Int
  private let now: @Sendable () -> ContinuousClock.Instant
  private let state = Mutex(State())

  /// - Parameters:
  ///   - lifetime: Cut to ``maximumLifetime``.
  ///   - capacity: Cut to 1 ... ``maximumCount``; the oldest key makes room.
  public convenience init(
    lifetime: Duration = OrganizationKeyCache.maximumLifetime, capacity: Int = OrganizationKeyCache.maximumCount
  ) {
    self.init(lifetime: lifetime, capacity: capacity, now: { ContinuousClock.now })
  }

  init(lifetime: Duration, capacity: Int, now: @escaping @Sendable () -> ContinuousClock.Instant) {
    self.lifetime = min(lifetime, Self.maximumLifetime)
    self.capacity = min(max(capacity, 1), Self.maximumCount)
    self.now = now
  }

  /// How many keys are held, expired ones that nobody asked for since included.
  public var count: Int { state.withLock { $0.entries.count } }

  /// The key, when it is held and not expired.
  public func key(of organizationId: String, version: UInt32) -> OrganizationKey? {
    let now = now()
    let name = Name(organizationId: organizationId, version: version)
    return state.withLock { state in
      guard let entry = state.entries[name], entry.expires > now else { return nil }
      return entry.key
    }
  }

  /// The key from the cache, or unwrapped and remembered.
  ///
  /// - Parameter load: Reads the stored row; called only on a miss.
  /// - Throws: What `load` throws, or ``KeyManagementError``.
  public func key(
    of organizationId: String, version: UInt32, using management: some KeyManagement,
    orLoad load: () async throws -> WrappedOrganizationKey
  ) async throws -> OrganizationKey {
    if let held = key(of: organizationId, version: version) { return held }
    let key = try await load().unwrap(using: management)
    insert(key)
    return key
  }

  /// Remembers a key.
  public func insert(_ key: OrganizationKey) {
    let now = now()
    let name = Name(organizationId: key.organizationId, version: key.version)
    state.withLock { state in
      state.dropExpired(now)
      state.entries[name] = Entry(key: key, expires: now + lifetime, ticket: state.nextTicket)
      state.arrivals.append((name, state.nextTicket))
      state.nextTicket += 1
      while state.entries.count > capacity { state.dropFirstArrival() }
      // Removals and replacements leave arrivals behind that name nothing; they must not pile up.
      if state.arrivals.count - state.firstArrival > 2 * capacity { state.dropStaleArrivals() }
    }
  }

  /// Forgets every version of an organization's key, for example when the organization is deleted.
  public func remove(_ organizationId: String) {
    state.withLock { state in
      state.entries = state.entries.filter { $0.key.organizationId != organizationId }
    }
  }

  /// Forgets everything.
  public func removeAll() { state.withLock { $0 = State() } }

  /// Forgets what has expired. Call it now and then: otherwise an idle process keeps expired keys in memory.
  public func removeExpired() {
    let now = now()
    state.withLock { $0.dropExpired(now) }
  }
}

extension OrganizationKeyCache.State {
  fileprivate mutating func dropExpired(_ now: ContinuousClock.Instant) {
    while firstArrival < arrivals.count {
      let arrival = arrivals[firstArrival]
      if let entry = entries[arrival.name], entry.ticket == arrival.ticket, entry.expires > now { return }
      dropFirstArrival()
    }
  }

  fileprivate mutating func dropFirstArrival() {
    let arrival = arrivals[firstArrival]
    if entries[arrival.name]?.ticket == arrival.ticket { entries[arrival.name] = nil }
    firstArrival += 1
    // Moves the rest to the front once half of the array is behind us: constant work per arrival on average.
    if firstArrival * 2 >= arrivals.count {
      arrivals.removeFirst(firstArrival)
      firstArrival = 0
    }
  }

  fileprivate mutating func dropStaleArrivals() {
    arrivals = arrivals[firstArrival...].filter { entries[$0.name]?.ticket == $0.ticket }
    firstArrival = 0
  }
}
