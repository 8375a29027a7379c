public import Foundation
public import HTTPTypes

/// An outbound request. URL, headers and body may hold secrets: it prints its method only.
public struct EgressRequest: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var method: HTTPRequest.Method
  public var url: String
  /// `Host` and the framing headers are set by the client; what stands here for them is dropped.
  public var headers: HTTPFields
  public var body: Data
  /// Instead of the client's limit, in bytes.
  public var maximumResponseBytes: Int?
  /// Instead of the client's limit.
  public var totalTimeout: Duration?
  /// Opens a connection for this request alone. Where it matters to know whether a request was sent, a connection that
  /// the other side is just closing must not be met.
  public var freshConnection: Bool
  /// Whose request it is: one tenant has at most as many destinations in use as are free. Nil where
  /// nobody is told apart.
  public var tenant: String?

  public init(
    _ method: HTTPRequest.Method, _ url: String, headers: HTTPFields = [:], body: Data = Data(),
    maximumResponseBytes: Int? = nil, totalTimeout: Duration? = nil, freshConnection: Bool = false,
    tenant: String? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.maximumResponseBytes = maximumResponseBytes
    self.totalTimeout = totalTimeout
    self.freshConnection = freshConnection
    self.tenant = tenant
  }

  public var description: String { "\(method.rawValue) request" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// A whole response. Redirects arrive here as what they are. Headers and body may hold secrets: it prints its status
/// only.
public struct EgressResponse: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var status: HTTPResponse.Status
  public var headers: HTTPFields
  public var body: Data

  public var description: String { "\(status.code) response" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
