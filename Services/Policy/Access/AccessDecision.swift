import Model

/// The answer to an ``AccessQuestion``: a decision with its reason, and what follows from it.
struct AccessDecision: Sendable, Hashable {
  var decision: Decision
  /// The Integrations that the decision allows, newest first; nil without a selector.
  var integrations: [IntegrationID]?
  /// The code of a refusal; nil when allowed.
  var refusal: ErrorCode?

  var isAllowed: Bool { refusal == nil }
}

extension AccessDecision {
  /// Names of the built-in rules, as decisions and audit rows show them.
  enum Rule: String {
    /// Which kind of caller may ask for which purposes.
    case purpose
    case applicationBlocked = "application-blocked"
    case applicationPending = "application-pending"
    /// The Application uses accounts through the gateway only.
    case tokenRelease = "token-release"
    case scopeCeiling = "scope-ceiling"
    case noIntegration = "no-integration"
    /// The MCP server names another authorization server than the one that was found.
    case issuerChanged = "issuer-changed"
    /// Asked again while a flow is under way.
    case membership
    case applicationUnknown = "application-unknown"
    /// Members may use every enabled Integration of their organization.
    case organizationDefault = "organization-default"
  }

  /// Decides. A refusal by any rule beats the organization's default, which speaks last; what no rule foresees is
  /// refused.
  static func decide(_ question: AccessQuestion) -> AccessDecision {
    if let reason = refusedPurpose(question) { return deny(.purpose, .forbidden, reason) }
    if let refusal = refusedApplication(question.application) { return refusal }
    if question.application?.tokenRelease == .gatewayOnly, question.purposes.contains(.release) {
      return deny(.tokenRelease, .policyDenied, tokenReleaseReason)
    }
    guard let candidates = question.candidates else {
      return allow("The caller manages what is theirs to manage.", integrations: nil)
    }
    guard let newest = candidates.first else {
      guard question.namesProvider else { return allow("There is nothing that it could reach.", integrations: []) }
      return deny(
        .noIntegration, .integrationNotFound,
        "The organization has no enabled Integration for this provider. An owner or admin must set one up first.")
    }
    let fitting = candidates.filter { $0.excess(question.scopes).isEmpty }
    guard !fitting.isEmpty else {
      let names = newest.excess(question.scopes).sorted().joined(separator: ", ")
      return deny(.scopeCeiling, .policyDenied, "The Integration's ceiling does not allow these scopes: \(names).")
    }
    return decide(question, among: fitting)
  }

  /// The organization's rules have their say. Where they leave any Integration, the others are left out.
  private static func decide(_ question: AccessQuestion, among fitting: [AccessQuestion.Candidate]) -> AccessDecision {
    let permitted = fitting.filter { question.rules[$0.id]?.effect != .deny }
    guard let first = permitted.first else {
      let refusal = fitting.lazy.compactMap { question.rules[$0.id] }.first
      return AccessDecision(
        decision: refusal ?? Decision(effect: .deny, decidingRule: Rule.organizationDefault.rawValue, reasons: []),
        integrations: [], refusal: .policyDenied)
    }
    let standard = allow(
      "Members may use every enabled Integration of their organization.", integrations: permitted.map(\.id))
    guard let decision = question.rules[first.id] else { return standard }
    return AccessDecision(decision: decision, integrations: permitted.map(\.id), refusal: nil)
  }

  static let tokenReleaseReason = """
    The Application may use accounts only through the gateway's MCP endpoint; it is never handed a token. An owner or \
    admin can set its tokenRelease to release.
    """

  private static func refusedPurpose(_ question: AccessQuestion) -> String? {
    let purposes = question.purposes
    guard !purposes.isEmpty else { return "No purpose was named." }
    guard purposes.isDisjoint(with: [.authorize, .writeSecret, .verify, .useStaticToken, .signWebhook]) else {
      return "Such a grant is never given to a caller."
    }
    if question.application != nil {
      guard purposes.isDisjoint(with: [.watch, .manage, .administer, .rotateKeys, .followKeys]) else {
        return "An Application may not follow flows, manage Connections or administer the organization."
      }
      guard question.subject.isPerson else { return "An API key has no Connections; use a session of a user." }
      // An agent works through MCP servers: were it to name an Application, it would be handed what is that one's alone.
      guard !question.subject.isCharm else {
        return "A session that is bound to a Charm has no Connections of Applications."
      }
      return nil
    }
    guard purposes.isDisjoint(with: [.release, .connect]) else {
      return "Tokens and flows belong to an Application, and none is named."
    }
    // Whoever may begin a flow in an Application may see how it ends, also where a Charm acts for the person.
    if purposes == [.watch], question.subject.isPerson { return nil }
    guard !question.subject.isCharm else { return "A session that is bound to a Charm cannot manage Connections." }
    if purposes.contains(.administer) {
      guard question.subject.role.mayConfigure, question.subject.mayAdminister else {
        return "Only owners and admins may see and revoke everyone's Connections."
      }
    }
    if let reason = refusedKeys(question) { return reason }
    if !question.subject.isPerson, !purposes.isSubset(of: [.administer, .rotateKeys, .followKeys]) {
      return "An API key has no Connections of its own; use a session of a user."
    }
    return nil
  }

  /// A new key is dear, and the owners' alone to order; how it goes is everyone's who configures.
  private static func refusedKeys(_ question: AccessQuestion) -> String? {
    let subject = question.subject
    if question.purposes.contains(.rotateKeys), subject.role != .owner || !subject.mayConfigure {
      return "Only owners may have the organization's key rotated, and API keys with the scope \"configuration\"."
    }
    if question.purposes.contains(.followKeys), !subject.role.mayConfigure || !subject.mayConfigure {
      return "Only owners and admins may see how rotations of the organization's key stand."
    }
    return nil
  }

  /// The refusal of an Application that is not allowed; nil for one that is, and for none.
  static func refusedApplication(_ application: AccessQuestion.AskingApplication?) -> AccessDecision? {
    switch application?.state {
    case nil, .allowed: nil
    case .blocked:
      deny(
        .applicationBlocked, .applicationBlocked,
        "An owner or admin of the organization has blocked the Application.")
    case .pending:
      deny(
        .applicationPending, .applicationBlocked,
        "The Application waits for an owner or admin of the organization to allow it.")
    }
  }

  private static func allow(_ reason: String, integrations: [IntegrationID]?) -> AccessDecision {
    AccessDecision(
      decision: Decision(effect: .allow, decidingRule: Rule.organizationDefault.rawValue, reasons: [reason]),
      integrations: integrations, refusal: nil)
  }

  /// A refusal by a rule, with the sentence for people.
  static func deny(_ rule: Rule, _ code: ErrorCode, _ reason: String) -> AccessDecision {
    AccessDecision(
      decision: Decision(effect: .deny, decidingRule: rule.rawValue, reasons: [reason]), integrations: [],
      refusal: code)
  }
}
