public import FoundationEssentials
public import Hummingbird
public import Model
public import NIOCore

/// What is known about a request in every one of our services.
public struct AppRequestContext: RequestContext, RemoteAddressRequestContext {
  public var coreContext: CoreRequestContextStorage
  /// Names the request in logs and problem documents, on every hop.
  public internal(set) var requestId: String
  /// The trace that the request belongs to.
  public internal(set) var trace: TraceContext
  /// The service that made the request, once its token was checked.
  public internal(set) var callerService: ServiceName?
  /// The other end of the connection; a proxy, where there is one.
  public let remoteAddress: SocketAddress?
  /// Bytes that the request body may have.
  public internal(set) var maxUploadSize: Int

  public init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    requestId = ""
    trace = .start()
    remoteAddress = source.channel.remoteAddress
    maxUploadSize = ServiceDefaults.maximumBodyBytes
  }

  public var requestDecoder: JSONDecoder { WireJSON.decoder() }
  public var responseEncoder: JSONEncoder { WireJSON.encoder() }
}
