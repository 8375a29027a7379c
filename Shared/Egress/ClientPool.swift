internal import AsyncHTTPClient
internal import NIOCore
internal import NIOSSL

/// HTTP clients, each tied to one host at one checked address, kept so that connections are used again.
actor ClientPool {
  struct Key: Hashable, Sendable {
    let host: String
    let address: IPAddress
    let freshConnections: Bool
  }

  private struct Entry {
    let client: HTTPClient
    var users = 0
    var lastUse = ContinuousClock.now
  }

  private let connectTimeout: Duration
  private let authorities: [String: [NIOSSLCertificate]]
  private var entries: [Key: Entry] = [:]
  private var isClosed = false

  init(connectTimeout: Duration, authorities: [String: [NIOSSLCertificate]]) {
    self.connectTimeout = connectTimeout
    self.authorities = authorities
  }

  /// A client for the key. Every call is followed by one of ``release(_:)``.
  func acquire(_ key: Key) async throws -> HTTPClient {
    guard !isClosed else { throw EgressError.notSent(.shutdown) }
    var client = entries[key]?.client
    var retired: [HTTPClient] = []
    if client == nil {
      retired = retire()
      guard entries.count < EgressLimits.maximumClients else { throw EgressError.notSent(.overloaded) }
      let made = make(key)
      entries[key] = Entry(client: made)
      client = made
    }
    guard let client else { throw EgressError.notSent(.overloaded) }
    entries[key]?.users += 1
    for idle in retired { try? await idle.shutdown() }
    return client
  }

  func release(_ key: Key) {
    entries[key]?.users -= 1
    entries[key]?.lastUse = .now
  }

  /// Ends every client; requests under way fail.
  func close() async {
    isClosed = true
    let clients = entries.values.map(\.client)
    entries = [:]
    for client in clients { try? await client.shutdown() }
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
