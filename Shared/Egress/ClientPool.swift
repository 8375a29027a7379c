internal import AsyncHTTPClient
internal import NIOCore
internal import NIOSSL

/// HTTP clients, each tied to one host at one checked address, kept so that connections are used again.
///
/// A tenant has at most as many of them in use as nobody has: whoever opens ever more destinations and lets their answers hang
/// leaves half of all clients to the others, the next one like them a quarter, and so on.
actor ClientPool {
  struct Key: Hashable, Sendable {
    let host: String
    let address: IPAddress
    let freshConnections: Bool
  }

  /// A client, for as long as a request takes.
  struct Lease {
    let client: HTTPClient
    /// Whether it may have connections from earlier requests, which the other side can close at any moment.
    let mayReuse: Bool
  }

  private struct Entry {
    let client: HTTPClient
    var users = 0
    /// Those of the users whose tenant is known.
    var usersOf: [String: Int] = [:]
    var lastUse = ContinuousClock.now

    mutating func enter(_ tenant: String?) {
      users += 1
      if let tenant { usersOf[tenant, default: 0] += 1 }
    }

    mutating func leave(_ tenant: String?) {
      users -= 1
      lastUse = .now
      guard let tenant else { return }
      let left = usersOf[tenant, default: 1] - 1
      usersOf[tenant] = left > 0 ? left : nil
    }
  }

  private let connectTimeout: Duration
  private let authorities: [String: [NIOSSLCertificate]]
  private var entries: [Key: Entry] = [:]
  private var isClosed = false

  init(connectTimeout: Duration, authorities: [String: [NIOSSLCertificate]]) {
    self.connectTimeout = connectTimeout
    self.authorities = authorities
  }

  /// A client for the key. What succeeds is followed by one ``release(_:by:)`` with the same tenant.
  ///
  /// - Throws: `overloaded` when there is no room, or the tenant's share of it is used up.
  func acquire(_ key: Key, for tenant: String?) async throws(EgressError) -> Lease {
    guard !isClosed else { throw EgressError.notSent(.shutdown) }
    guard hasShare(of: key, tenant) else { throw EgressError.notSent(.overloaded) }
    let retired = entries[key] == nil ? retire() : []
    guard entries[key] != nil || entries.count < EgressLimits.maximumClients else {
      throw EgressError.notSent(.overloaded)
    }
    let known = entries[key]
    var entry = known ?? Entry(client: make(key))
    entry.enter(tenant)
    entries[key] = entry
    for idle in retired { try? await idle.shutdown() }
    return Lease(client: entry.client, mayReuse: known != nil && !key.freshConnections)
  }

  func release(_ key: Key, by tenant: String?) { entries[key]?.leave(tenant) }

  /// Ends every client; requests under way fail.
  func close() async {
    isClosed = true
    let clients = entries.values.map(\.client)
    entries = [:]
    for client in clients { try? await client.shutdown() }
  }

  /// Whether one more destination is within the tenant's share. Where somebody is at work already, joining takes nothing away.
  private func hasShare(of key: Key, _ tenant: String?) -> Bool {
    guard let tenant, (entries[key]?.users ?? 0) == 0 else { return true }
    let inUse = entries.values.filter { $0.users > 0 }
    return inUse.count { $0.usersOf[tenant] != nil } < EgressLimits.maximumClients - inUse.count
  }

  /// Takes out what nobody has used for a while, and the longest unused one where there is no room.
  private func retire() -> [HTTPClient] {
    let limit = ContinuousClock.now - EgressLimits.idleClient
    let idle = entries.filter { $0.value.users == 0 }
    var keys = idle.filter { $0.value.lastUse < limit }.map(\.key)
    if keys.isEmpty, entries.count >= EgressLimits.maximumClients,
      let oldest = idle.min(by: { $0.value.lastUse < $1.value.lastUse })
    {
      keys = [oldest.key]
    }
    return keys.compactMap { entries.removeValue(forKey: $0)?.client }
  }

  private func make(_ key: Key) -> HTTPClient {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    // A host with an authority of its own is trusted through that one alone.
    if let own = authorities[key.host] { tls.trustRoots = .certificates(own) }
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(connectTimeout)), proxy: nil, decompression: .disabled)
    configuration.dnsOverride = [key.host: key.address.description]
    configuration.httpVersion = .http1Only
    configuration.connectionPool.idleTimeout = TimeAmount(EgressLimits.idleConnection)
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = EgressLimits.connectionsPerHost
    if key.freshConnections { configuration.maximumUsesPerConnection = 1 }
    // Spans would carry whole URLs, and other organizations have no use for our trace ids.
    configuration.tracing.tracer = nil
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }
}
