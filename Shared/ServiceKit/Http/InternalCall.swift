import FoundationEssentials
import HTTPTypes
import Hummingbird
public import Logging
public import Model
import ServiceTokens

/// A call of another service, as a handler sees it.
public struct InternalCall<Request: Sendable>: Sendable {
  /// The decoded body; for `GET` and `DELETE` what `{}` decodes to.
  public let request: Request
  /// The parts of the path and the query.
  public let parameters: CallParameters
  /// The service that calls, proved by its token and allowed by the endpoint.
  public let callerService: ServiceName
  /// Names the request in logs.
  public let requestId: String
  /// Logs with the request's id, trace and caller.
  public let logger: Logger
  private let grantText: Secret<String>?
  private let grants: GrantVerifier

  init(
    request: Request, caller: ServiceName, http: Hummingbird.Request, context: AppRequestContext, grants: GrantVerifier
  ) {
    self.request = request
    callerService = caller
    parameters = CallParameters(path: context.parameters, query: http.uri.queryParameters)
    requestId = context.requestId
    logger = context.logger
    grantText = http.headers[.grant].map { Secret($0) }
    self.grants = grants
  }

  /// The grant that came with the call: signed by the policy service, alive, and made for the caller.
  ///
  /// - Throws: ``GrantRefused``, also when there is none.
  public func grant() throws -> Grant {
    guard let grantText else { throw GrantRefused(.missing) }
    return try grants.verify(grantText, presentedBy: callerService)
  }

  /// The same grant as it came, to be presented to another service that it is made for.
  ///
  /// - Throws: ``GrantRefused``, as ``grant()``.
  public func grantToForward() throws -> SignedGrant {
    let grant = try grant()
    guard let grantText else { throw GrantRefused(.missing) }
    return SignedGrant(token: WireSecret(grantText), expiresAt: grant.expiresAt)
  }
}

/// The parts of a call's path and its query, percent-decoded.
public struct CallParameters: Sendable {
  private let path: Parameters
  private let query: Parameters

  init(path: Parameters, query: Parameters) {
    self.path = path
    self.query = query
  }

  /// A part of the path.
  ///
  /// - Throws: `invalid_request` when it is not valid text.
  public func text(_ name: String) throws -> String {
    guard let text = path.get(name).flatMap(PercentEncoding.decode), !text.isEmpty else { throw Self.invalid(name) }
    return text
  }

  /// A part of the path that must be an identifier of the given kind.
  ///
  /// - Throws: `invalid_request` when it is not.
  public func id<Kind: IdentifiedKind>(
    _ name: String, as type: Identifier<Kind>.Type = Identifier<Kind>.self
  ) throws -> Identifier<Kind> {
    guard let id = Identifier<Kind>(validating: try text(name)) else { throw Self.invalid(name) }
    return id
  }

  /// A value of the query, or nil.
  public func query(_ name: String) -> String? { query.get(name) }

  /// A whole number of the query, or nil when it is absent.
  ///
  /// - Throws: `invalid_request` when it is no number or out of bounds.
  public func int(query name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let text = query.get(name) else { return nil }
    guard let number = Int(text), range.contains(number) else { throw Self.invalid(name) }
    return number
  }

  private static func invalid(_ name: String) -> ServiceError {
    ServiceError(.invalidRequest, "invalid value of parameter: \(name)", facts: ["fields": [name]])
  }
}
