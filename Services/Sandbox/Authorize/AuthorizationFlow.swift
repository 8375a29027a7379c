import FoundationEssentials

/// The authorization endpoint without its HTTP: from a request to a page or to the way back.
struct AuthorizationFlow: Sendable {
  /// What the browser shows next.
  enum Screen: Sendable {
    case chooseAccount(Journey)
    case askConsent(Journey, Person)
    case leave(String)
  }

  let clients: ClientRegistry
  let journeys: JourneyStore
  let tokens: TokenStore
  let answers: AuthorizationAnswer
  let now: Now

  /// A new request from a browser.
  func begin(_ form: FormFields, browser: Fingerprint) throws(AuthorizationRefusal) -> Screen {
    let request = try AuthorizationRequest(form, clients: clients)
    do {
      return try screen(for: try journeys.begin(request, browser: browser))
    } catch {
      throw .redirect(error, request.returnAddress)
    }
  }

  /// The journey's next screen.
  func screen(for journey: Journey) throws(OAuthError) -> Screen {
    let request = journey.request
    let person = journey.chosen ?? journeys.signedIn(journey.browser)
    let step = AuthorizationStep.next(
      request, signedIn: person, accountChosen: journey.chosen != nil,
      consented: journeys.consented(person, to: request.client.id))
    switch step {
    case .chooseAccount: return .chooseAccount(journey)
    case .askConsent(let person): return .askConsent(journey, person)
    case .finish(let person): return .leave(try approve(request.scopes, as: person, in: journey))
    case .refuse(let error): return .leave(refuse(error, in: journey))
    }
  }

  /// The person agreed to these scopes. Returns the way back.
  func approve(_ scopes: Set<Scope>, as person: Person, in journey: Journey) throws(OAuthError) -> String {
    guard journeys.end(journey) else { throw Self.gone }
    journeys.remember(person, agreedTo: scopes, for: journey.request.client.id)
    return try finish(journey.request, scopes: scopes, as: person)
  }

  /// The person, or `prompt=none`, says no. Returns the way back.
  func refuse(_ error: OAuthError, in journey: Journey) -> String {
    _ = journeys.end(journey)
    return answers.refusal(error, to: journey.request.returnAddress)
  }

  /// Consent without pages, for tests and for the walk-through of the local stack.
  func decide(
    _ form: FormFields, as person: Person, approves: Bool, scopes: Set<Scope>?
  ) throws -> String {
    do {
      let request = try AuthorizationRequest(form, clients: clients)
      guard approves else { return answers.refusal(Self.denied, to: request.returnAddress) }
      return try finish(request, scopes: request.granted(scopes), as: person)
    } catch let refusal as AuthorizationRefusal {
      switch refusal {
      case .redirect(let error, let address): return answers.refusal(error, to: address)
      case .page(let text): throw OAuthError(.invalidRequest, text)
      }
    }
  }

  private func finish(
    _ request: AuthorizationRequest, scopes: Set<Scope>, as person: Person
  ) throws(OAuthError) -> String {
    let code = try tokens.issue(
      AuthorizationCode(
        clientID: request.client.id, redirectURI: request.redirectURI, challenge: request.challenge, person: person,
        scopes: scopes, resources: request.resources, nonce: request.nonce, issuedAt: now()))
    return answers.success(code, to: request.returnAddress)
  }

  static let denied = OAuthError(.accessDenied, "The person said no.")
  static let gone = OAuthError(.invalidRequest, "This page is too old, or belongs to another browser. Start again.")
}

extension AuthorizationRequest {
  /// What is granted when a person ticks only some of the boxes: those, and what cannot be unticked.
  func granted(_ ticked: Set<Scope>?) -> Set<Scope> {
    guard let ticked else { return scopes }
    return scopes.filter { $0.isEssential || ticked.contains($0) }
  }
}
