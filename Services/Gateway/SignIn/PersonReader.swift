import Hummingbird
import Model
import ServiceKit

/// Finds out who the person in a browser is, by its cookies.
///
/// Nothing is remembered: whoever signs out or is removed is gone with the next request. People look at pages at a pace at which that
/// costs nothing.
struct PersonReader: Sendable {
  let peers: PeerClients
  let isSecure: Bool

  /// Who is signed in: nil when nobody is, or the session has ended. Pages that need somebody throw ``SignInRequired``.
  func person(_ request: Request) async throws -> CallerIdentity? { try await person(request, by: .signIn) }

  /// Who may be on the connect page: whoever is signed in, or else whom the host's page handed over.
  func connecting(_ request: Request) async throws -> CallerIdentity? {
    if let person = try await person(request) { return person }
    return try await person(request, by: .connect)
  }

  private func person(_ request: Request, by cookie: PersonCookie) async throws -> CallerIdentity? {
    guard let token = cookie.token(of: request, isSecure: isSecure) else { return nil }
    return try await person(with: token, by: cookie)
  }

  /// The person behind a token that came in, or could have come in, in the cookie.
  func person(with token: Secret<String>, by cookie: PersonCookie) async throws -> CallerIdentity? {
    let credential = CredentialDigest(of: token)
    do {
      let found = try await peers.call(
        BrowserSessionEndpoints.verify, PresentedCredential(credential: credential.onTheWire))
      guard found.purpose == cookie.purpose else { return nil }
      return CallerIdentity(caller: found.caller, credential: credential)
    } catch let error as ServiceError where error.code == .unauthenticated {
      return nil
    }
  }
}
