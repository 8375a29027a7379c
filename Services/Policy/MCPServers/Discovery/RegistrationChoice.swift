import Model

/// How Lanyard becomes the client of an authorization server. A pure decision over what was found and what there is.
///
/// An Integration that the organization has for exactly this issuer comes first; then the client document, which leaves nothing
/// at the server; then a registration. Credentials of another issuer are never considered.
enum RegistrationChoice: Sendable {
  case existing(IntegrationRecord)
  case clientIdMetadata
  case dynamic
  case impossible(MCPServerDiscovery.Problem)

  /// An Integration that could be used, with the issuer that it is for.
  struct Candidate: Sendable {
    var record: IntegrationRecord
    var issuer: String?
    var ceiling: AccessQuestion.Candidate
  }

  /// - Parameters:
  ///   - candidates: enabled Integrations, the ones to prefer first.
  ///   - wish: the one way that is wanted.
  ///   - isDocumentReachable: whether the authorization server can be expected to fetch Lanyard's client document.
  static func make(
    _ found: MCPServerDiscovery, scopes: [String]?, candidates: [Candidate], wish: Integration.Registration?,
    isDocumentReachable: Bool
  ) -> RegistrationChoice {
    if let problem = incomplete(found) { return .impossible(problem) }
    let issuer = found.authorizationServer?.issuer
    if wish == nil || wish == .manual {
      let own = candidates.filter { $0.issuer == issuer }
      if let fitting = own.first(where: { $0.ceiling.excess(scopes ?? []).isEmpty }) {
        return .existing(fitting.record)
      }
      if let refused = own.first { return .impossible(beyondCeiling(refused, scopes ?? [])) }
    }
    if wish != .dynamic, wish != .manual, found.supportsClientIdMetadata, isDocumentReachable {
      return .clientIdMetadata
    }
    if wish == nil || wish == .dynamic, found.registrationEndpoint != nil { return .dynamic }
    return .impossible(
      MCPServerDiscovery.Problem(
        code: .registrationUnavailable,
        detail: "The authorization server \(issuer ?? "") takes no client that it does not know"
          + "\(wish.map(asked) ?? ""). Register a client there by hand and make an Integration with the provider "
          + "\"custom\" and custom.issuer \(issuer ?? ""); it is used from then on."))
  }

  /// What the search ended at; nil where everything was found.
  private static func incomplete(_ found: MCPServerDiscovery) -> MCPServerDiscovery.Problem? {
    if let failed = found.checks.first(where: { !$0.ok }) {
      return .init(
        code: .discoveryFailed,
        detail: failed.detail
          + " Make an Integration by hand and name it as auth.integrationId, or correct the address.")
    }
    guard found.authorizationServer != nil, found.resource != nil else {
      return .init(
        code: .discoveryFailed,
        detail: found.access == .open
          ? "The server answers without a token and publishes no authorization: use the auth type \"none\"."
          : "No authorization server was found. Make an Integration by hand and name it as auth.integrationId.")
    }
    return nil
  }

  private static func beyondCeiling(_ candidate: Candidate, _ scopes: [String]) -> MCPServerDiscovery.Problem {
    let names = candidate.ceiling.excess(scopes).sorted().joined(separator: ", ")
    return .init(
      code: .registrationUnavailable,
      detail: "The Integration \"\(candidate.record.name)\" is for this authorization server, but its ceiling does not "
        + "allow these scopes: \(names). Raise maximumScopes, or give auth.scopes.")
  }

  private static func asked(_ wish: Integration.Registration) -> String {
    " in the way that was asked for (\(wish.rawValue))"
  }
}
