internal import AsyncHTTPClient
internal import Foundation
public import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// The one way out: every request to a provider or MCP server goes through here.
///
/// A name is resolved once, each of its addresses is checked, and the connection goes to a checked address while the
/// certificate is checked for the name: a resolver that changes its mind in between changes nothing. Redirects are
/// answers like others, proxies from the environment are ignored, nothing is sent twice, bodies are capped, and every
/// step has a deadline. Only what was provably not sent is tried anew: at the next address, or over a new connection
/// where a kept one ended.
///
/// Owns threads and connections: call ``shutdown()`` before letting go of it.
public final class EgressClient: Sendable {
  let limits: EgressLimits
  public let policy: EgressPolicy
  private let resolver: RememberingResolver
  private let systemResolver: SystemResolver?
  private let pool: ClientPool
  private let metrics = EgressMetrics()
  private let logger: Logger

  /// - Parameters:
  ///   - authorities: PEM files by exact host: such a host is trusted through its file alone.
  ///   - resolver: instead of the system's.
  /// - Throws: `NIOSSLError` for a PEM file that cannot be read.
  public init(
    policy: EgressPolicy = EgressPolicy(), limits: EgressLimits = EgressLimits(), authorities: [String: String] = [:],
    resolver: (any EgressResolver)? = nil, logger: Logger
  ) throws {
    self.policy = policy
    self.limits = limits
    self.logger = logger
    let system = resolver == nil ? SystemResolver(timeout: limits.resolve) : nil
    systemResolver = system
    self.resolver = RememberingResolver(
      resolver ?? system ?? NoResolver(), lifetime: EgressLimits.resolutionLifetime)
    let certificates = try authorities.map { host, file in (host.lowercased(), try NIOSSLCertificate.fromPEMFile(file))
    }
    pool = ClientPool(
      connectTimeout: limits.connect, authorities: Dictionary(certificates, uniquingKeysWith: { first, _ in first }))
  }

  /// Sends a request and reads the whole response, whatever its status or content type.
  /// - Throws: ``EgressError`` only.
  public func send(_ request: EgressRequest) async throws(EgressError) -> EgressResponse {
    try await measured(request) { [limits] attempt in
      let head = try await attempt.head()
      let limit = request.maximumResponseBytes ?? limits.responseBytes
      return try await attempt.collect(head, limit: limit)
    }
  }

  /// Sends a request and hands over the response while its body arrives. The total deadline ends with the response's
  /// head; how long a stream may go on is the caller's to decide.
  /// - Parameter body: reads the stream; leaving it ends the connection.
  /// - Throws: ``EgressError``, or what `body` throws.
  public func stream<Value: Sendable>(
    _ request: EgressRequest, _ body: @escaping @Sendable (EgressStream) async throws -> Value
  ) async throws -> Value {
    // What the caller's own code throws passes through untouched.
    let result: Result<Value, any Error> = try await measured(request) { [limits] attempt in
      let head = try await attempt.head()
      let stream = EgressStream(head, limit: request.maximumResponseBytes ?? limits.responseBytes)
      do {
        return .success(try await body(stream))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Ends every connection. Requests under way fail; later ones are not sent.
  public func shutdown() async {
    await pool.close()
    try? await systemResolver?.shutdown()
  }

  private func measured<Value: Sendable>(
    _ request: EgressRequest, _ work: @Sendable (EgressAttempt) async throws -> Value
  ) async throws(EgressError) -> Value {
    let start = ContinuousClock.now
    do {
      let value = try await attempt(request, start: start, work)
      metrics.record("answered", since: start)
      return value
    } catch {
      let failure = error as? EgressError ?? .outcomeUnknown(.invalidResponse)
      metrics.record(failure.outcome, since: start)
      throw failure
    }
  }

  /// Tries the checked addresses in turn for as long as nothing was sent.
  private func attempt<Value: Sendable>(
    _ request: EgressRequest, start: ContinuousClock.Instant, _ work: @Sendable (EgressAttempt) async throws -> Value
  ) async throws -> Value {
    let url: EgressURL
    let addresses: [IPAddress]
    do {
      url = try policy.check(request.url)
      addresses = try await checkedAddresses(of: url)
    } catch let refusal as EgressRefusal {
      logger.notice("egress refused", metadata: ["reason": "\(refusal)"])
      throw EgressError.refused(refusal)
    }
    let end = start + (request.totalTimeout ?? limits.total)
    var failure = EgressError.notSent(.resolve)
    for address in addresses.prefix(EgressLimits.addressesTried) {
      do {
        return try await attempt(request, at: address, of: url, until: end, isFresh: request.freshConnection, work)
      } catch {
        failure = error
        guard case .notSent(.connect) = failure, ContinuousClock.now < end else { throw failure }
      }
    }
    throw failure
  }

  /// Tries one address; once more over a new connection where the first was a kept one that ended before it took anything of the request.
  private func attempt<Value: Sendable>(
    _ request: EgressRequest, at address: IPAddress, of url: EgressURL, until end: ContinuousClock.Instant,
    isFresh: Bool, _ work: @Sendable (EgressAttempt) async throws -> Value
  ) async throws(EgressError) -> Value {
    let key = ClientPool.Key(host: url.host, address: address, freshConnections: isFresh)
    let lease = try await pool.acquire(key, for: request.tenant)
    let attempt = EgressAttempt(client: lease.client, request: request, url: url, limits: limits, end: end)
    do {
      let value = try await work(attempt)
      await pool.release(key, by: request.tenant)
      return value
    } catch {
      await pool.release(key, by: request.tenant)
      guard lease.mayReuse, attempt.isUntouched(by: error), ContinuousClock.now < end else {
        throw attempt.classify(error)
      }
    }
    return try await self.attempt(request, at: address, of: url, until: end, isFresh: true, work)
  }

  private func checkedAddresses(of url: EgressURL) async throws -> [IPAddress] {
    let addresses = try await addresses(of: url.host)
    var own: Set<IPAddress> = []
    for service in policy.ownServices where service.port == url.port {
      // A service of ours whose name leads nowhere cannot be reached by any other name either.
      for address in (try? await self.addresses(of: service.host)) ?? [] { own.insert(address.unmapped) }
    }
    try policy.check(addresses, of: url, own: own)
    return addresses
  }

  private func addresses(of host: String) async throws -> [IPAddress] {
    if let literal = IPAddress(host) { return [literal] }
    do {
      let found = try await resolver.addresses(of: host)
      guard !found.isEmpty else { throw ResolutionError() }
      return found
    } catch {
      throw EgressError.notSent(error is CancellationError ? .cancelled : .resolve)
    }
  }
}

/// Stands where no resolver is configured; never reached, since the system's one is the default.
private struct NoResolver: EgressResolver {
  func addresses(of host: String) async throws -> [IPAddress] { throw ResolutionError() }
}
