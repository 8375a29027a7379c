import Model
import ServiceKit

/// The person's way through the connect page: look, continue to the provider, come back, or cancel.
///
/// The unguessable flow id opens the page, ``ConnectGate`` holds whoever is there against the flow's person, and the browser's own cookie
/// ties the callback to the browser in which "Continue" was pressed (RFC 9700 section 4.7).
struct ConnectJourney: Sendable {
  let peers: PeerClients

  /// What the page shows.
  ///
  /// - Throws: `flow_not_found`.
  func facts(_ id: FlowID) async throws -> FlowFacts {
    try await peers.call(FlowEndpoints.facts, Reference(id: id))
  }

  /// Where the browser goes for consent.
  func start(_ id: FlowID, in browser: BrowserBinding) async throws -> Secret<String> {
    try await peers.call(
      AuthorizationEndpoints.start, StartAuthorization(flowId: id, browserHash: browser.hash)
    ).authorizationUrl.secret
  }

  /// The provider sent the browser back; the flow has ended when this returns.
  ///
  /// - Throws: `invalid_state` for a response that belongs to no flow of this browser, `forbidden` for one to somebody else's flow.
  func finish(_ response: AuthorizationCallback) async throws -> FlowFacts {
    try await peers.call(AuthorizationEndpoints.callback, response).facts
  }

  /// The person pressed "Cancel".
  func cancel(_ id: FlowID) async throws {
    _ = try await peers.call(
      FlowEndpoints.fail,
      FailFlow(
        flowId: id,
        failure: .init(
          code: .userCancelled, message: "You cancelled. Nothing was connected; you can close this window.")))
  }
}
