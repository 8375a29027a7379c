/// What has to happen next in an authorization. A pure decision over what is asked and what is known.
enum AuthorizationStep: Sendable, Equatable {
  case chooseAccount
  case askConsent(Person)
  case finish(Person)
  case refuse(OAuthError)

  /// Decides by `prompt`, `login_hint`, who is signed in at this browser, and what they agreed to before.
  ///
  /// `accountChosen` means that the person chose an account in this very journey, so they are not asked twice.
  static func next(
    _ request: AuthorizationRequest, signedIn: Person?, accountChosen: Bool, consented: Set<Scope>
  ) -> AuthorizationStep {
    let silent = request.prompts.contains(.none)
    guard let person = signedIn, accountChosen || request.hinted == nil || request.hinted == person else {
      return silent ? .refuse(OAuthError(.loginRequired, "Nobody suitable is signed in.")) : .chooseAccount
    }
    if !accountChosen && !request.prompts.isDisjoint(with: [.selectAccount, .login]) { return .chooseAccount }
    if request.prompts.contains(.consent) || !request.scopes.isSubset(of: consented) {
      return silent
        ? .refuse(OAuthError(.consentRequired, "The person has not agreed to these scopes.")) : .askConsent(person)
    }
    return .finish(person)
  }
}
