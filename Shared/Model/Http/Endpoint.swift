/// One internal call: who answers, how it is addressed and what comes back. Server and client both read this value.
///
/// `path` is a template in the router's syntax (`/internal/flows/:id`); the caller supplies the parameters, which are percent-encoded.
/// `GET` and `DELETE` calls carry their request, where it has fields, in no body: give such calls ``Empty`` and parameters, or use `POST`.
public struct Endpoint<Request: Codable & Sendable, Response: Codable & Sendable>: Sendable {
  public enum Method: String, Sendable { case get = "GET", post = "POST", put = "PUT", delete = "DELETE" }

  /// The service that answers.
  public let service: ServiceName
  public let method: Method
  /// The route template; parts that start with a colon are parameters.
  public let path: String
  /// The services that may call it; everyone else is refused.
  public let callers: Set<ServiceName>
  /// Seconds until the caller gives up; longer for long-polls and calls that wait for a provider.
  public let timeoutSeconds: Int

  public init(
    _ service: ServiceName, _ method: Method, _ path: String, callers: Set<ServiceName>, timeoutSeconds: Int = 10
  ) {
    self.service = service
    self.method = method
    self.path = path
    self.callers = callers
    self.timeoutSeconds = timeoutSeconds
  }
}

/// The processes of Lanyard, as they name each other in service tokens and settings.
public enum ServiceName: String, Codable, Sendable, CaseIterable {
  case vault, exchanger, policy, gateway, sandbox
}

/// A body with nothing in it (`{}`).
public struct Empty: Codable, Sendable, Equatable {
  private enum NoKey: CodingKey {}

  public init() {}

  /// Asks for an object, though there is nothing to read in it: a list is none, and a field is one too many.
  public init(from decoder: any Decoder) throws { _ = try decoder.container(keyedBy: NoKey.self) }
}

/// A page of a list: `{"items":[…],"nextCursor":…}`.
public struct Page<Item: Codable & Sendable>: Codable, Sendable {
  public var items: [Item]
  /// Give it back as `cursor` for the next page; null on the last one. Opaque.
  public var nextCursor: String?

  public init(items: [Item], nextCursor: String? = nil) {
    self.items = items
    self.nextCursor = nextCursor
  }

  /// Says `null` on the last page: whoever goes through a list asks for the field.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(items, forKey: .items)
    try container.encode(nextCursor, forKey: .nextCursor)
  }
}
