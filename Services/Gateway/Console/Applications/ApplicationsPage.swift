import Model

/// The list of Applications that the organization has seen.
struct ApplicationsPage: Sendable {
  struct Choice: Sendable {
    var value: String
    var name: String
    var isChosen: Bool
  }

  struct Line: Sendable {
    var address: String
    var id: String
    var name: String
    /// What it calls itself; absent where that says no more.
    var declared: String?
    var state: String
    var isBad: Bool
    var release: String
    var seen: String
    var states: [Choice]
    var releases: [Choice]
    /// What the page shows of both, so that its form changes nothing else.
    var stateShown: String
    var releaseShown: String
    var csrfToken: String
  }

  var applications: [Line]
  var hasApplications: Bool
  var next: String?
  /// What follows the addresses of its forms.
  var query: String
  /// Why a form was not taken.
  var problem: String?

  /// - Parameter cursor: where this page of the list begins, so that its forms come back to it.
  init(_ page: Page<Application>, at cursor: String?, problem: String?, csrfToken: String) {
    applications = page.items.map { Self.line($0, csrfToken) }
    hasApplications = !applications.isEmpty
    next = page.nextCursor.map { LocalPath.applications.at($0).text }
    query = LocalPath.query(at: cursor)
    self.problem = problem
  }

  private static func line(_ application: Application, _ csrfToken: String) -> Line {
    let declared = application.appIds.filter { $0 != application.id }.map(ConsoleText.line)
    return Line(
      address: LocalPath.application(application.id).text, id: ConsoleText.line(application.id),
      name: ConsoleText.line(application.name ?? application.id),
      declared: declared.isEmpty ? nil : declared.joined(separator: ", "), state: application.state.shown,
      isBad: application.state != .allowed, release: application.tokenRelease.shown,
      seen: ShownTime.text(application.lastSeenAt),
      states: Application.State.allCases.map {
        Choice(value: $0.rawValue, name: $0.shown, isChosen: $0 == application.state)
      },
      releases: Application.TokenRelease.allCases.map {
        Choice(value: $0.rawValue, name: $0.shown, isChosen: $0 == application.tokenRelease)
      }, stateShown: application.state.rawValue, releaseShown: application.tokenRelease.rawValue,
      csrfToken: csrfToken)
  }
}

extension UpdateApplication {
  /// Only what was changed of what the page showed: a page that is older than somebody's block must not lift it.
  ///
  /// - Throws: `invalid_request` where one of the two was not chosen, or the form does not say what its page showed.
  init(_ fields: FormFields) throws {
    guard let state = fields["state"].flatMap(Application.State.init),
      let release = fields["tokenRelease"].flatMap(Application.TokenRelease.init)
    else { throw ServiceError(.invalidRequest, "Choose what the Application may do.") }
    guard let stateShown = fields["stateShown"].flatMap(Application.State.init),
      let releaseShown = fields["tokenReleaseShown"].flatMap(Application.TokenRelease.init)
    else { throw ServiceError(.invalidRequest, "The form is not complete. Load the page again.") }
    self.init(state: state == stateShown ? nil : state, tokenRelease: release == releaseShown ? nil : release)
  }
}

extension Application.State {
  /// As people read it.
  var shown: String {
    switch self {
    case .allowed: "Allowed"
    case .blocked: "Blocked"
    case .pending: "Waits for an owner"
    }
  }
}

extension Application.TokenRelease {
  /// As people read it.
  var shown: String {
    switch self {
    case .release: "Holds tokens itself"
    case .gatewayOnly: "Through the gateway only"
    }
  }
}
