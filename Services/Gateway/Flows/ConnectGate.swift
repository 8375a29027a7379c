import Hummingbird
import Model

/// Whether the connect page must know who is in front of it.
enum ConnectSignIn: String, CaseIterable, Sendable {
  /// Nobody gets on without having signed in, or having been handed over by the host's page.
  case required
  /// Whoever has the address of the page gets on, unless somebody else is signed in.
  case optional
}

/// Lets the flow's own person on, and nobody else.
///
/// A link to a connect page can be sent to anybody. Without this, somebody else could consent there and so lend the flow's person an
/// account of theirs.
struct ConnectGate: Sendable {
  let people: PersonReader
  let signIn: ConnectSignIn

  /// - Throws: ``SignInRequired``, ``OtherPersonSignedIn``.
  func admit(_ request: Request, to flow: FlowFacts) async throws {
    let path = LocalPath.connectPage(flow.id)
    guard let caller = try await caller(request, returningTo: path) else { return }
    guard flow.isOf(caller) else { throw OtherPersonSignedIn(caller: caller, returningTo: path) }
  }

  /// Who came back from the provider, for a flow that is not known yet; nil where nobody has to be signed in and nobody is.
  ///
  /// - Throws: ``SignInRequired``.
  func caller(_ request: Request, returningTo path: LocalPath? = nil) async throws -> Caller? {
    let person = try await people.connecting(request)
    if person == nil, signIn == .required { throw SignInRequired(returningTo: path) }
    return person?.caller
  }
}

extension FlowFacts {
  func isOf(_ caller: Caller) -> Bool { caller.organizationId == organizationId && caller.user?.id == userId }
}
