import Foundation
import Model

/// The form with which somebody signs out, on whichever page it is.
enum SignOutForm {
  /// What its token is made for.
  static let name = "sign-out"
}

/// The form with which somebody asks for their identity provider, on whichever page it is.
enum SignInForm {
  /// What its token is made for.
  static let name = "sign-in"
}

/// A person as pages show them.
struct ShownPerson: Sendable {
  /// Characters of a name that are shown.
  private static let nameLength = 80

  /// The one text that people know themselves by.
  var display: String
  /// Absent where it says no more than ``display``.
  var name: String?
  var organizationName: String
  var role: String

  init(_ user: Caller.User?, organizationName: String, role: Role) {
    func line(_ text: String) -> String { DisplayText.line(text, maximum: Self.nameLength) }
    display = line(user?.email ?? user?.name ?? user?.externalId ?? "")
    name = user?.email == nil ? nil : user?.name.map(line)
    self.organizationName = line(organizationName)
    self.role = role.shown
  }

  init(_ caller: Caller) {
    self.init(caller.user, organizationName: caller.organizationName, role: caller.role)
  }
}

/// Asks before a link is spent: programs that look at links before people do press no buttons.
struct SignInPage: Sendable {
  var person: ShownPerson
  /// Of the form; the link itself.
  var action: String
  var csrfToken: String
  /// Where to go then.
  var next: String

  init(_ facts: SignInLinkFacts, action: String, csrfToken: String, next: LocalPath) {
    person = ShownPerson(facts.user, organizationName: facts.organizationName, role: facts.role)
    self.action = action
    self.csrfToken = csrfToken
    self.next = next.text
  }
}

/// Says how to sign in.
struct SignInFirstPage: Sendable {
  /// Where the browser wanted to go; absent when it asked for just this page.
  var next: String?
  /// Whether that is the page on which an account is connected, to which a host's page can bring its person as well.
  var isConnecting: Bool
  /// Whether somebody is, and wants to be in another organization as well.
  var isSignedIn: Bool
  /// Neither of the two.
  var isNobody: Bool
  var csrfToken: String

  init(returningTo path: LocalPath?, isSignedIn: Bool, csrfToken: String) {
    next = path?.text
    isConnecting = path?.text.hasPrefix("/connect/") ?? false
    self.isSignedIn = isSignedIn && !isConnecting
    isNobody = !isSignedIn && !isConnecting
    self.csrfToken = csrfToken
  }
}

/// Says who will sign somebody in, before their browser leaves.
struct ProviderSignInPage: Sendable {
  /// Characters of a name that are shown.
  private static let nameLength = 80

  var organizationId: String
  var organizationName: String
  /// Of the identity provider.
  var issuerHost: String
  /// Whether the person is signed in and has to prove themselves anew.
  var isStepUp: Bool
  var csrfToken: String

  init(_ facts: SignInFacts, isStepUp: Bool, csrfToken: String) {
    organizationId = facts.organizationId.rawValue
    organizationName = DisplayText.line(facts.organizationName, maximum: Self.nameLength)
    issuerHost = DisplayText.line(URL(string: facts.issuer)?.host() ?? facts.issuer, maximum: Self.nameLength)
    self.isStepUp = isStepUp
    self.csrfToken = csrfToken
  }
}

/// Says that somebody else is signed in, and lets them sign out.
struct OtherPersonPage: Sendable {
  var person: ShownPerson
  var csrfToken: String
  var next: String?

  init(_ refusal: OtherPersonSignedIn, csrfToken: String) {
    person = ShownPerson(refusal.caller)
    self.csrfToken = csrfToken
    next = refusal.returningTo?.text
  }
}
