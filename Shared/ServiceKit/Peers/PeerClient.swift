public import AsyncHTTPClient
public import CoreMetrics
import Deadlines
import FoundationEssentials
public import Logging
public import Model
import NIOCore
import NIOHTTP1
import NIOPosix
public import ServiceTokens
import Tracing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Calls one of our services, whichever of its replicas answers.
///
/// Every call carries this service's token, the request id and the trace, and has the endpoint's time limit. Nothing is sent twice: only a
/// connection that could not be made is tried on another replica, and a `GET` whose kept connection broke is sent once more.
public struct PeerClient: Sendable {
  /// Bytes that an answer may have: a page of a hundred records with room to spare.
  public static let maximumAnswerBytes = 4_194_304
  /// Pause before the only replica is tried a second time.
  static let retryPause = Duration.milliseconds(50)

  /// The service that is called.
  public let service: ServiceName
  private let replicas: Replicas
  private let http: HTTPClient
  private let tokens: ServiceTokenIssuer
  private let logger: Logger
  private let calls: CallSeries

  /// - Parameters:
  ///   - service: the service that is called.
  ///   - addresses: its replicas, at least one.
  ///   - http: the client of ``PeerHTTPClient``.
  ///   - tokens: makes this service's tokens.
  ///   - logger: for calls outside of a request.
  ///   - metrics: counts calls and failures.
  public init(
    service: ServiceName, addresses: [PeerAddress], http: HTTPClient, tokens: ServiceTokenIssuer, logger: Logger,
    metrics: any MetricsFactory
  ) {
    precondition(!addresses.isEmpty, "a peer has at least one replica")
    self.service = service
    replicas = Replicas(addresses)
    self.http = http
    self.tokens = tokens
    self.logger = logger
    calls = CallSeries(name: "peer_request", subject: "peer", outcome: "outcome", metrics: metrics)
  }

  /// Makes a call.
  ///
  /// - Parameters:
  ///   - endpoint: the call.
  ///   - request: the body; not sent with `GET` and `DELETE`.
  ///   - parameters: the parts of the path, by name.
  ///   - query: the query, by name.
  ///   - grant: the grant that the call is made under.
  /// - Throws: ``ServiceError``: the peer's own, or `unavailable` when it cannot be reached or takes too long; `CancellationError`.
  public func call<Req: Codable & Sendable, Res: Codable & Sendable>(
    _ endpoint: Endpoint<Req, Res>, _ request: Req, parameters: [String: String] = [:], query: [String: String] = [:],
    grant: SignedGrant? = nil
  ) async throws -> Res {
    precondition(endpoint.service == service, "\(endpoint.path) belongs to the \(endpoint.service.rawValue) service")
    let prepared = try PeerRequest(
      endpoint, request, parameters: parameters, query: query, token: try tokens.token(for: service), grant: grant)
    let deadline = ContinuousClock.now + .seconds(endpoint.timeoutSeconds)
    let start = ContinuousClock.now
    do {
      let answer = try await send(prepared, until: deadline)
      calls.record(subject: service.rawValue, route: endpoint.path, outcome: "\(answer.status)", since: start)
      return try read(answer, Res.self)
    } catch let error as ServiceError {
      throw error
    } catch {
      if Task.isCancelled { throw CancellationError() }
      calls.record(subject: service.rawValue, route: endpoint.path, outcome: "failed", since: start)
      throw failure(error, endpoint.path)
    }
  }

  /// Makes a call that has no body.
  public func call<Res: Codable & Sendable>(
    _ endpoint: Endpoint<Empty, Res>, parameters: [String: String] = [:], query: [String: String] = [:],
    grant: SignedGrant? = nil
  ) async throws -> Res {
    try await call(endpoint, Empty(), parameters: parameters, query: query, grant: grant)
  }

  // MARK: Sending

  private struct Answer: Sendable {
    let status: Int
    let retryAfter: Int?
    let body: Data
  }

  private func send(_ request: PeerRequest, until deadline: ContinuousClock.Instant) async throws -> Answer {
    // Each replica once; a single one twice, since it may be in the middle of a restart.
    var attempts = max(2, replicas.addresses.count)
    var mayRepeat = request.method == "GET"
    while true {
      attempts -= 1
      let index = replicas.pick()
      do {
        let answer = try await exchange(request.httpRequest(to: replicas.addresses[index]), until: deadline)
        replicas.answered(index)
        return answer
      } catch  where Self.nothingWasSent(error) {
        replicas.refused(index)
        guard attempts > 0, ContinuousClock.now < deadline else { throw error }
        if replicas.addresses.count == 1 { try await Task.sleep(for: Self.retryPause) }
      } catch let error as HTTPClientError where error == .getConnectionFromPoolTimeout {
        // Every connection to this replica is in use: a crowd is on its way. Waiting for a free one counts as part of the call, whose
        // own limit decides.
        guard ContinuousClock.now < deadline else { throw error }
        attempts += 1
      } catch let error as HTTPClientError where error == .remoteConnectionClosed && mayRepeat {
        mayRepeat = false
        attempts = max(attempts, 1)
      }
    }
  }

  private func exchange(_ request: HTTPClientRequest, until deadline: ContinuousClock.Instant) async throws -> Answer {
    let remaining = ContinuousClock.now.duration(to: deadline)
    let response = try await http.execute(request, timeout: TimeAmount(remaining))
    // The client's own limit ends with the head of the answer; this one covers the body too.
    let body = try await withDeadline(ContinuousClock.now.duration(to: deadline)) {
      try await response.body.collect(upTo: Self.maximumAnswerBytes)
    }
    return Answer(
      status: Int(response.status.code), retryAfter: response.headers.first(name: "Retry-After").flatMap { Int($0) },
      body: Data(body.readableBytesView))
  }

  private static func nothingWasSent(_ error: any Error) -> Bool {
    switch error {
    case is NIOConnectionError: true
    case let error as IOError: error.errnoCode == ECONNREFUSED
    case let error as HTTPClientError: error == .connectTimeout || error == .tlsHandshakeTimeout
    default: false
    }
  }

  // MARK: Reading

  private func read<Res: Decodable>(_ answer: Answer, _ type: Res.Type) throws -> Res {
    guard (200..<300).contains(answer.status) else { throw problem(answer) }
    do {
      return try WireJSON.decode(type, from: answer.body)
    } catch {
      throw ServiceError(
        .internalError, "The \(service.rawValue) service gave an answer that this version does not understand.",
        cause: error)
    }
  }

  private func problem(_ answer: Answer) -> ServiceError {
    guard let document = try? WireJSON.decode(ProblemDocument.self, from: answer.body) else {
      // Not one of ours: a proxy in between, perhaps.
      let code: ErrorCode = answer.status >= 500 ? .unavailable : .internalError
      return ServiceError(
        code, "The \(service.rawValue) service gave no usable answer.", retryAfter: answer.retryAfter)
    }
    var error = document.serviceError
    error.retryAfter = answer.retryAfter
    if error.facts == ServiceTokenRefused.credentialFact {
      // Our own credential, not the one of whoever called us: they can do nothing about it.
      logger.error("peer refuses our service token", metadata: metadata)
      return ServiceError(.internalError, "The services do not accept each other. Check their keys.", cause: error)
    }
    return error
  }

  private func failure(_ error: any Error, _ route: String) -> ServiceError {
    let isTimeout = error is DeadlineExceeded || (error as? HTTPClientError) == .deadlineExceeded
    var metadata = metadata
    metadata["route"] = "\(route)"
    metadata["reason"] = "\((error as? HTTPClientError)?.shortDescription ?? "\(type(of: error))")"
    logger.warning("peer call failed", metadata: metadata)
    if error is NIOTooManyBytesError {
      return ServiceError(.internalError, "The \(service.rawValue) service gave too large an answer.", cause: error)
    }
    let what = isTimeout ? "did not answer in time" : "cannot be reached"
    return ServiceError(
      .unavailable, "The \(service.rawValue) service \(what). Try again.", retryAfter: 1, cause: error)
  }

  /// Names the peer, and the request that the call is made for.
  private var metadata: Logger.Metadata {
    var metadata: Logger.Metadata = ["peer": "\(service.rawValue)"]
    if let id = InstrumentationContext.current?.requestId { metadata[JSONLogHandler.serverRequestIdKey] = "\(id)" }
    return metadata
  }
}
