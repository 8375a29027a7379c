internal import NIOCore
internal import NIOPosix
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Finds the addresses of a name.
public protocol EgressResolver: Sendable {
  /// Every IPv4 and IPv6 address, best first. Throws where there is none or no answer in time.
  func addresses(of host: String) async throws -> [IPAddress]
}

/// There is no address, or none in time.
struct ResolutionError: Error {}

/// The system's resolver, on threads of its own: `getaddrinfo` blocks and cannot be interrupted.
final class SystemResolver: EgressResolver {
  private let threads = NIOThreadPool(numberOfThreads: EgressLimits.resolverThreads)
  private let timeout: Duration

  init(timeout: Duration) {
    self.timeout = timeout
    threads.start()
  }

  func addresses(of host: String) async throws -> [IPAddress] {
    try await withCheckedThrowingContinuation { continuation in
      let reply = OnlyOnce(continuation)
      // The deadline answers the caller; the thread is left to come back when the system lets it.
      let timer = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(timeout)) {
        reply.resume(.failure(ResolutionError()))
      }
      threads.submit { state in
        if case .active = state {
          reply.resume(Result { try Self.lookUp(host) })
        } else {
          reply.resume(.failure(ResolutionError()))
        }
        timer.cancel()
      }
    }
  }

  func shutdown() async throws { try await threads.shutdownGracefully() }

  private static func lookUp(_ host: String) throws -> [IPAddress] {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    #if canImport(Glibc)
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
      hints.ai_socktype = SOCK_STREAM
    #endif
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &list) == 0 else { throw ResolutionError() }
    defer { freeaddrinfo(list) }
    var addresses: [IPAddress] = []
    var next = list
    while let entry = next?.pointee {
      if let socketAddress = entry.ai_addr, let address = address(socketAddress), !addresses.contains(address) {
        addresses.append(address)
      }
      next = entry.ai_next
    }
    guard !addresses.isEmpty else { throw ResolutionError() }
    return addresses
  }

  private static func address(_ pointer: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
    let raw = UnsafeRawPointer(pointer)
    switch Int32(pointer.pointee.sa_family) {
    case AF_INET: return .v4(UInt32(bigEndian: raw.load(as: sockaddr_in.self).sin_addr.s_addr))
    case AF_INET6: return IPAddress(raw.load(as: sockaddr_in6.self).sin6_addr)
    default: return nil
    }
  }
}

/// A continuation that two sides may want to resume; the first one wins.
private final class OnlyOnce<Value: Sendable>: Sendable {
  private let continuation: Mutex<CheckedContinuation<Value, any Error>?>

  init(_ continuation: CheckedContinuation<Value, any Error>) { self.continuation = Mutex(continuation) }

  func resume(_ result: Result<Value, any Error>) {
    continuation.withLock { held in
      defer { held = nil }
      return held
    }?.resume(with: result)
  }
}

/// Remembers answers for a short time, and asks once for everybody who waits for the same name.
actor RememberingResolver {
  private struct Entry {
    var addresses: [IPAddress]
    var expiry: ContinuousClock.Instant
  }

  private let resolver: any EgressResolver
  private let lifetime: Duration
  private var remembered: [String: Entry] = [:]
  private var waiting: [String: [CheckedContinuation<[IPAddress], any Error>]] = [:]

  init(_ resolver: any EgressResolver, lifetime: Duration) {
    self.resolver = resolver
    self.lifetime = lifetime
  }

  func addresses(of host: String) async throws -> [IPAddress] {
    if let entry = remembered[host], entry.expiry > .now { return entry.addresses }
    if waiting[host] != nil {
      return try await withCheckedThrowingContinuation { waiting[host]?.append($0) }
    }
    waiting[host] = []
    let answer: Result<[IPAddress], any Error>
    do {
      answer = .success(try await resolver.addresses(of: host))
    } catch {
      answer = .failure(error)
    }
    if case .success(let addresses) = answer {
      if remembered.count >= EgressLimits.rememberedNames { remembered.removeAll() }
      remembered[host] = Entry(addresses: addresses, expiry: .now + lifetime)
    }
    for waiter in waiting.removeValue(forKey: host) ?? [] { waiter.resume(with: answer) }
    return try answer.get()
  }
}
