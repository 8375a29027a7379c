import FoundationEssentials
import Model
import Synchronization

/// One authorization on its way through the pages, bound to the browser that began it.
struct Journey: Sendable {
  let id: String
  let browser: Fingerprint
  let request: AuthorizationRequest
  let startedAt: Date
  /// The account chosen in this journey.
  var chosen: Person?
}

/// Journeys, browsers that are signed in, and consents that were given.
final class JourneyStore: Sendable {
  private struct SignIn: Sendable {
    var person: Person
    var at: Date
  }

  private struct ConsentKey: Hashable, Sendable {
    var person: Person
    var clientID: String
  }

  private struct State: Sendable {
    var journeys: [String: Journey] = [:]
    var signIns: [Fingerprint: SignIn] = [:]
    var consents: [ConsentKey: Set<Scope>] = [:]
  }

  private let state = Mutex(State())
  private let now: Now

  init(now: @escaping Now) { self.now = now }

  func begin(_ request: AuthorizationRequest, browser: Fingerprint) throws(OAuthError) -> Journey {
    let journey = Journey(
      id: RandomText.base32(bytes: 16), browser: browser, request: request, startedAt: now(), chosen: nil)
    try state.withLock { (state) throws(OAuthError) in
      if state.journeys.count >= Limits.entriesBeforeSweep {
        state.journeys = state.journeys.filter { Self.isFresh($0.value, at: journey.startedAt) }
      }
      guard state.journeys.count < Limits.entries else {
        throw OAuthError(.temporarilyUnavailable, "Too many authorizations are under way. Reset the sandbox.")
      }
      state.journeys[journey.id] = journey
    }
    return journey
  }

  /// The journey, if this browser began it and it is not too old.
  func journey(_ id: String, browser: Fingerprint) -> Journey? {
    let time = now()
    return state.withLock { state in
      state.journeys[id].flatMap { $0.browser == browser && Self.isFresh($0, at: time) ? $0 : nil }
    }
  }

  /// Signs the person in at the journey's browser.
  func choose(_ person: Person, in journey: Journey) {
    let time = now()
    state.withLock { state in
      if state.signIns.count >= Limits.entriesBeforeSweep {
        state.signIns = state.signIns.filter { time.timeIntervalSince($0.value.at) < Limits.browserSeconds }
      }
      if state.signIns.count < Limits.entries { state.signIns[journey.browser] = SignIn(person: person, at: time) }
      state.journeys[journey.id]?.chosen = person
    }
  }

  /// Who is signed in at a browser.
  func signedIn(_ browser: Fingerprint) -> Person? {
    let time = now()
    return state.withLock { state in
      state.signIns[browser].flatMap { time.timeIntervalSince($0.at) < Limits.browserSeconds ? $0.person : nil }
    }
  }

  func consented(_ person: Person?, to clientID: String) -> Set<Scope> {
    guard let person else { return [] }
    return state.withLock { $0.consents[ConsentKey(person: person, clientID: clientID)] ?? [] }
  }

  func remember(_ person: Person, agreedTo scopes: Set<Scope>, for clientID: String) {
    state.withLock { state in
      guard state.consents.count < Limits.consents else { return }
      state.consents[ConsentKey(person: person, clientID: clientID), default: []].formUnion(scopes)
    }
  }

  /// Forgets the consents of a person, or of everyone, as after removing an application.
  func forgetConsents(of person: Person?) {
    state.withLock { state in
      state.consents = state.consents.filter { person != nil && $0.key.person != person }
    }
  }

  /// Takes the journey away, so that it ends once. False if somebody else ended it first.
  func end(_ journey: Journey) -> Bool { state.withLock { $0.journeys.removeValue(forKey: journey.id) != nil } }

  func reset() { state.withLock { $0 = State() } }

  private static func isFresh(_ journey: Journey, at time: Date) -> Bool {
    time.timeIntervalSince(journey.startedAt) < Limits.journeySeconds
  }
}
