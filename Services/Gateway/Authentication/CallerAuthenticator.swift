import HTTPTypes
import Hummingbird
import Model
import ServiceKit

/// Reads the public credential of a request: one bearer token in the header and nowhere else (RFC 6750 section 2.1).
struct CallerAuthenticator: Sendable {
  /// Bytes that a credential may have at most; ours have 47.
  private static let maximumLength = 512
  /// What credentials of the public API begin with.
  static let prefixes = ["lys_", "lyk_"]

  let directory: CallerDirectory
  let address: CallerAddress
  /// Refused credentials by network address: each costs the policy service a look into its database.
  let refusals: RateLimiter<String>

  /// - Throws: `unauthenticated`, or `rate_limited` after too many of those from one address.
  func identify(_ request: Request, _ context: AppRequestContext) async throws -> CallerIdentity {
    try await identify(try Self.bearer(request), request, context)
  }

  /// The caller with a credential that came some other way.
  ///
  /// - Throws: `unauthenticated`, or `rate_limited` after too many of those from one address.
  func identify(
    _ token: Secret<String>, _ request: Request, _ context: AppRequestContext
  ) async throws -> CallerIdentity {
    let address = address.text(request, context)
    let credential = CredentialDigest(of: token)
    try refusals.require(address)
    do {
      return CallerIdentity(caller: try await directory.caller(credential), credential: credential)
    } catch let error as ServiceError where error.code == .unauthenticated {
      try refusals.take(address)
      throw error
    }
  }

  static func bearer(_ request: Request, prefixes: [String] = prefixes) throws -> Secret<String> {
    let values = request.headers[values: .authorization]
    guard values.count == 1, let value = values.first, value.lowercased().hasPrefix("bearer ") else {
      throw ServiceError(
        .unauthenticated, "Send an API key or a session token: Authorization: Bearer lys_…")
    }
    let token = value.dropFirst("bearer ".count)
    guard prefixes.contains(where: token.hasPrefix), token.utf8.count <= maximumLength else {
      throw ServiceError(
        .unauthenticated, "The credential is not valid. Session tokens end; ask the host page for a new one.")
    }
    return Secret(String(token))
  }
}
