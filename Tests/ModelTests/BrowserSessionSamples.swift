import Model

extension WireSamples {
  static let browserSessions: [WireSample] = [
    WireSample(
      "CreateSignInLink", CreateSignInLink(user: .init(id: "u1", email: "ada@example.com", name: "Ada"), role: .owner)),
    WireSample("CreatedSignInLink", CreatedSignInLink(token: WireSecret("lyl_token"), expiresAt: time)),
    WireSample(
      "SignInLink", SignInLink(url: WireSecret("https://lanyard.example.com/sign-in/lyl_token"), expiresAt: time)),
    WireSample(
      "SignInLinkFacts",
      SignInLinkFacts(
        organizationId: organization, organizationName: "Example",
        user: .init(id: user, externalId: "u1", email: "ada@example.com", name: "Ada"), role: .member, expiresAt: time)),
    WireSample("SpendSignInLink", SpendSignInLink(credential: credential, replaces: credential)),
    WireSample("StartedBrowserSession", StartedBrowserSession(token: WireSecret("lyb_token"), expiresAt: time)),
    WireSample("BrowserPerson", BrowserPerson(purpose: .signIn, caller: caller)),
    WireSample("PresentedCredential", PresentedCredential(credential: credential)),
    WireSample(
      "ClaimAuthorizationByPerson",
      ClaimAuthorization(
        stateHash: "aa", browserHash: "bb", person: FlowPerson(organizationId: organization, userId: user))),
    WireSample(
      "AuthorizationCallbackOfPerson",
      AuthorizationCallback(
        state: WireSecret("state"), code: WireSecret("code"), error: nil, issuer: "https://github.com",
        browserHash: "bb", redirectKey: nil, parameters: [:],
        person: FlowPerson(organizationId: organization, userId: user))),
  ]
}
