import HTTPTypes
import Hummingbird
import Model
import ServiceKit

/// Reads the caller of the public API off the cookie of somebody who signed in to our own pages.
///
/// Browsers add cookies by themselves, so the request must come from a page of ours: only there does a browser say `same-origin`, and no
/// script can (Fetch Metadata Request Headers). A bearer token always goes first, and is never helped out by a cookie.
struct ConsoleAuthenticator: Sendable {
  let people: PersonReader
  let publicURL: PublicURL
  let address: CallerAddress
  /// Cookies that are worth nothing, by network address: each costs the policy service a look into its database.
  let refusals: RateLimiter<String>

  /// The text by which somebody signed in proves themselves; nil when the request brings no such cookie, or brings a bearer token.
  func token(of request: Request) -> Secret<String>? {
    guard request.headers[.authorization] == nil else { return nil }
    return PersonCookie.signIn.token(of: request, isSecure: publicURL.isSecure)
  }

  /// Nil when the request brings no such cookie, or brings a bearer token.
  ///
  /// - Throws: `forbidden` for a request from anywhere else, `unauthenticated` for a session that has ended.
  func identify(_ request: Request, _ context: AppRequestContext) async throws -> CallerIdentity? {
    guard token(of: request) != nil else { return nil }
    try SameOrigin.require(request, publicURL)
    let address = address.text(request, context)
    try refusals.require(address)
    guard let person = try await people.person(request) else {
      try refusals.take(address)
      throw ServiceError(.unauthenticated, "Nobody is signed in in this browser any more. Sign in again.")
    }
    return person
  }
}
