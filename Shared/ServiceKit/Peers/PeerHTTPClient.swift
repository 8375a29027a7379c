public import AsyncHTTPClient
import NIOCore
import NIOSSL

/// The HTTP client for calls to our own services: pinned authority, no redirects, no proxy.
public enum PeerHTTPClient {
  /// Seconds that an unused connection is kept: less than the servers keep theirs (``ServiceDefaults/idleSeconds``).
  public static let idleSeconds: Int64 = 45
  /// Connections per replica. Calls that wait at a peer hold one each and must not keep others from it; on the other side, a thousand callers
  /// at once must not cost a thousand handshakes.
  public static let connectionsPerReplica = 128
  /// Seconds to reach a replica, the handshakes of a sudden crowd on a small machine included.
  public static let connectSeconds: Int64 = 5

  /// A new client. Its owner shuts it down.
  ///
  /// - Parameter certificateAuthorityFile: a PEM file; certificates of any other authority, the system's included, are refused.
  /// - Throws: ``ConfigurationError`` when the file is not usable.
  public static func make(certificateAuthorityFile: String?) throws -> HTTPClient {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    // Without a file there is nobody to trust, so that no https call can succeed by accident.
    tls.trustRoots = .certificates([])
    if let path = certificateAuthorityFile {
      guard let certificates = try? NIOSSLCertificate.fromPEMFile(path), !certificates.isEmpty else {
        throw ConfigurationError(problems: ["\(path) is not a PEM file with certificates"])
      }
      tls.trustRoots = .certificates(certificates)
    }
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow,
      timeout: HTTPClient.Configuration.Timeout(connect: .seconds(connectSeconds)),
      connectionPool: HTTPClient.Configuration.ConnectionPool(
        idleTimeout: .seconds(idleSeconds), concurrentHTTP1ConnectionsPerHostSoftLimit: connectionsPerReplica))
    // A refused connection is an answer: the next replica is asked instead of the same one again.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.httpVersion = .http1Only
    configuration.decompression = .disabled
    // The client's own spans would carry the full URL.
    configuration.tracing.tracer = nil
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }
}
