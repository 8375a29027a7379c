/// Times and sizes of outbound requests.
public struct EgressLimits: Hashable, Sendable {
  /// For the resolver's answer: well above a healthy resolver, below a person's patience.
  public var resolve: Duration = .seconds(3)
  /// For connecting and the TLS handshake.
  public var connect: Duration = .seconds(3)
  /// From the resolved address to the head of the response: connecting, sending and the other side's work. Above most
  /// providers' own limits.
  public var firstByte: Duration = .seconds(10)
  /// For all of it. A refresh lease must outlive this.
  public var total: Duration = .seconds(20)
  /// Bytes of a response body. Token answers and metadata have a few thousand.
  public var responseBytes = 1 << 20

  public init() {}

  /// Seconds that a resolved address is used again: short enough to follow a provider's move, long enough for a burst
  /// of refreshes.
  static let resolutionLifetime: Duration = .seconds(30)
  /// Names that are remembered.
  static let rememberedNames = 1024
  /// Threads that wait in `getaddrinfo`: a slow name holds one of them.
  static let resolverThreads = 16
  /// Seconds that an unused connection is kept. Below the shortest common keep-alive of servers (5 s), or a request
  /// meets a closing connection.
  static let idleConnection: Duration = .seconds(4)
  /// Seconds after which an unused client is given up.
  static let idleClient: Duration = .seconds(120)
  /// Clients at a time, each for one host at one address. Each holds a TLS context.
  static let maximumClients = 128
  /// Connections to one host at a time; more requests wait for one of them.
  static let connectionsPerHost = 64
  /// Checked addresses that are tried one after the other when connecting fails.
  static let addressesTried = 2
}
