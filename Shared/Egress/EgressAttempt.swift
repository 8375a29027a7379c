internal import AsyncHTTPClient
internal import Deadlines
internal import Foundation
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// One try of one request at one address.
final class EgressAttempt: Sendable {
  /// Sent where a request names none: some providers refuse requests without it.
  static let userAgent = "Lanyard"

  private let client: HTTPClient
  private let request: EgressRequest
  private let url: EgressURL
  private let limits: EgressLimits
  private let end: ContinuousClock.Instant
  private let bodyTaken = Mutex(false)

  init(client: HTTPClient, request: EgressRequest, url: EgressURL, limits: EgressLimits, end: ContinuousClock.Instant) {
    self.client = client
    self.request = request
    self.url = url
    self.limits = limits
    self.end = end
  }

  /// Sends the request and waits for the response's head.
  func head() async throws -> HTTPClientResponse {
    let remaining = end - .now
    guard remaining > .zero else { throw EgressError.notSent(.timeout) }
    return try await client.execute(outgoing(), timeout: TimeAmount(min(limits.firstByte, remaining)))
  }

  /// Reads the body up to the limit, within the total deadline.
  func collect(_ head: HTTPClientResponse, limit: Int) async throws -> EgressResponse {
    if let announced = head.headers.first(name: "content-length").flatMap(Int.init), announced > limit,
      request.method != .head
    {
      throw EgressError.tooLarge(limit: limit)
    }
    let body = head.body
    let data = try await withDeadline(end) {
      var data = Data()
      for try await part in body {
        guard data.count + part.readableBytes <= limit else { throw EgressError.tooLarge(limit: limit) }
        data.append(contentsOf: part.readableBytesView)
      }
      return data
    }
    return EgressResponse(status: .init(code: Int(head.status.code)), headers: HTTPFields(head.headers), body: data)
  }

  /// What a failure means. In doubt, the request counts as sent: without a body there is nothing to watch, and a
  /// connection that ends during the handshake looks like one that ends later.
  func classify(_ error: any Error) -> EgressError {
    if let known = error as? EgressError { return known }
    let failure = EgressFailure(error)
    if !request.body.isEmpty {
      // The body is asked for once the connection stands and the head is out: until then nothing can have been acted
      // on.
      return bodyTaken.withLock { $0 } ? .outcomeUnknown(failure) : .notSent(failure == .reset ? .connect : failure)
    }
    return EgressFailure.isBeforeSending(error) ? .notSent(failure) : .outcomeUnknown(failure)
  }

  /// Whether the connection ended before it took anything of the request. Told by the body, so never true without one.
  func isUntouched(by error: any Error) -> Bool {
    !request.body.isEmpty && !bodyTaken.withLock { $0 } && !(error is EgressError) && EgressFailure(error) == .reset
  }

  private func outgoing() -> HTTPClientRequest {
    var outgoing = HTTPClientRequest(url: url.text)
    outgoing.method = NIOHTTP1.HTTPMethod(rawValue: request.method.rawValue)
    for field in request.headers where !Self.ownHeaders.contains(field.name.canonicalName) {
      outgoing.headers.add(name: field.name.rawName, value: field.value)
    }
    if request.headers[.userAgent] == nil { outgoing.headers.add(name: "User-Agent", value: Self.userAgent) }
    if !request.body.isEmpty {
      outgoing.body = .stream(OneBody(bytes: request.body, attempt: self), length: .known(Int64(request.body.count)))
    }
    return outgoing
  }

  fileprivate func takeBody() { bodyTaken.withLock { $0 = true } }

  /// What decides where a message ends and whom it is for is not the caller's to say.
  private static let ownHeaders: Set<String> = [
    "host", "content-length", "transfer-encoding", "connection", "proxy-connection", "keep-alive", "te", "trailer",
    "expect",
    "upgrade",
  ]
}

/// A body in one piece that notes when it is taken.
private struct OneBody: AsyncSequence, Sendable {
  typealias Element = ByteBuffer
  let bytes: Data
  let attempt: EgressAttempt

  struct AsyncIterator: AsyncIteratorProtocol {
    var body: OneBody?

    mutating func next() async throws -> ByteBuffer? {
      guard let body else { return nil }
      self.body = nil
      body.attempt.takeBody()
      return ByteBuffer(bytes: body.bytes)
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: self) }
}

extension EgressFailure {
  init(_ error: any Error) {
    switch error {
    case let error as HTTPClientError:
      self =
        switch error {
        case .deadlineExceeded, .readTimeout, .writeTimeout: .timeout
        case .connectTimeout, .getConnectionFromPoolTimeout: .connect
        case .tlsHandshakeTimeout: .tls
        case .remoteConnectionClosed, .uncleanShutdown: .reset
        case .cancelled: .cancelled
        case .alreadyShutdown: .shutdown
        default: .invalidResponse
        }
    case is DeadlineExceeded: self = .timeout
    case is CancellationError: self = .cancelled
    case is NIOConnectionError: self = .connect
    case NIOSSLError.uncleanShutdown: self = .reset
    case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: self = .tls
    case let error as IOError: self = Self.connectErrors.contains(error.errnoCode) ? .connect : .reset
    case is ChannelError: self = .reset
    default: self = .invalidResponse
    }
  }

  /// What only `connect(2)` fails with.
  private static let connectErrors: Set<CInt> = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL]

  /// Whether an error comes from resolving, connecting or the handshake, judged by the error alone.
  static func isBeforeSending(_ error: any Error) -> Bool {
    switch EgressFailure(error) {
    case .resolve, .connect, .tls, .overloaded, .shutdown: true
    case .timeout, .reset, .invalidResponse, .cancelled: false
    }
  }
}
