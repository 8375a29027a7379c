import Foundation
import HTTPTypes
import Hummingbird
import Model
import ServiceKit

/// The sessions of one browser: one for each organization that its person signed in to, one of them in use.
///
/// Nothing ties the organizations to each other but the browser: whoever may be in one gets no further in another than they signed in there.
struct BrowserSessions: Sendable {
  let peers: PeerClients
  let people: PersonReader

  /// A session that is alive.
  struct Kept: Sendable {
    var token: Secret<String>
    var person: CallerIdentity

    var organizationId: OrganizationID { person.caller.organizationId }
    var seconds: Int { max(0, Int(person.caller.expiresAt?.timeIntervalSinceNow ?? 0)) }
  }

  private var isSecure: Bool { people.isSecure }

  /// The one in use comes first, if there is one.
  func all(_ request: Request) async throws -> [Kept] {
    var kept: [Kept] = []
    let current = PersonCookie.signIn.token(of: request, isSecure: isSecure)
    for token in (current.map { [$0] } ?? []) + OtherSessionsCookie.tokens(of: request, isSecure: isSecure) {
      guard let person = try await people.person(with: token, by: .signIn) else { continue }
      kept.append(Kept(token: token, person: person))
    }
    return kept
  }

  func others(_ request: Request) async throws -> [Kept] {
    let current = PersonCookie.signIn.token(of: request, isSecure: isSecure).map { CredentialDigest(of: $0) }
    return try await all(request).filter { $0.person.credential != current }
  }

  /// The session in an organization, which a new one there replaces.
  func session(in organization: OrganizationID, _ request: Request) async throws -> Kept? {
    try await all(request).first { $0.organizationId == organization }
  }

  /// Puts a new session to use. The ones in other organizations stay.
  func begin(
    _ session: StartedBrowserSession, in organization: OrganizationID, _ request: Request, on response: inout Response
  ) async throws {
    // The one that was replaced has ended by now.
    let others = try await all(request).filter { $0.organizationId != organization }
    for surplus in others.dropFirst(OtherSessionsCookie.maximumCount) { try await end(surplus.token) }
    add(PersonCookie.signIn.setting(session, isSecure: isSecure), to: &response)
    keep(others, on: &response)
  }

  /// Puts the session in an organization to use; false where there is none.
  func use(_ organization: OrganizationID, _ request: Request, on response: inout Response) async throws -> Bool {
    let kept = try await all(request)
    guard let chosen = kept.first(where: { $0.organizationId == organization }),
      let expiresAt = chosen.person.caller.expiresAt
    else { return false }
    let session = StartedBrowserSession(token: WireSecret(chosen.token), expiresAt: expiresAt)
    add(PersonCookie.signIn.setting(session, isSecure: isSecure), to: &response)
    keep(kept.filter { $0.organizationId != organization }, on: &response)
    return true
  }

  /// Signs out everywhere: who leaves a browser leaves all of it.
  func end(_ request: Request, on response: inout Response) async throws {
    for cookie in [PersonCookie.signIn, .connect] {
      if let token = cookie.token(of: request, isSecure: isSecure) { try await end(token) }
      add(cookie.clearing(isSecure: isSecure), to: &response)
    }
    for token in OtherSessionsCookie.tokens(of: request, isSecure: isSecure) { try await end(token) }
    keep([], on: &response)
  }

  private func end(_ token: Secret<String>) async throws {
    _ = try await peers.call(
      BrowserSessionEndpoints.end, PresentedCredential(credential: CredentialDigest(of: token).onTheWire))
  }

  private func keep(_ others: [Kept], on response: inout Response) {
    add(
      OtherSessionsCookie.setting(
        others.map(\.token), seconds: others.map(\.seconds).max() ?? 0, isSecure: isSecure),
      to: &response)
  }

  private func add(_ cookie: String, to response: inout Response) {
    response.headers.append(HTTPField(name: .setCookie, value: cookie))
  }
}
