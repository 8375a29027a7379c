import Model

extension WireSamples {
  private static let signIn = SignInReference(organizationId: organization, stateHash: "aa")
  private static let signInClient = SignInClient(
    issuer: "https://id.example.com", clientId: "client-1",
    redirectUri: "https://lanyard.example.com/sign-in/callback/org_1", scopes: ["openid", "email"])

  static let signIns: [WireSample] = [
    WireSample(
      "IdentityProvider",
      IdentityProvider(
        issuer: "https://id.example.com", clientId: "client-1", scopes: ["openid", "email"], roleClaim: "/roles",
        roleMapping: ["staff": .admin], groupsClaim: "groups", linkClaim: "employee", allowedDomains: ["example.com"],
        redirectUri: "https://lanyard.example.com/sign-in/callback/org_1", createdAt: time, updatedAt: time)),
    WireSample(
      "PutIdentityProvider",
      PutIdentityProvider(
        issuer: "https://id.example.com", clientId: "client-1", clientSecret: WireSecret("secret"),
        scopes: ["openid", "email"], roleClaim: "/roles", roleMapping: ["staff": .admin], groupsClaim: "groups",
        linkClaim: "employee", allowedDomains: ["example.com"])),
    WireSample("CheckIdentityProvider", CheckIdentityProvider(issuer: "https://id.example.com")),
    WireSample("FindSignIn", FindSignIn(organizationId: organization)),
    WireSample("FindSignInByDomain", FindSignIn(emailDomain: "example.com")),
    WireSample(
      "SignInFacts",
      SignInFacts(
        organizationId: organization, organizationName: "Example", issuer: "https://id.example.com")),
    WireSample(
      "StartSignIn",
      StartSignIn(
        organizationId: organization, state: WireSecret("state"), browserHash: "bb", nonce: WireSecret("nonce"),
        codeChallenge: "challenge", isStepUp: true)),
    WireSample(
      "FinishSignIn",
      FinishSignIn(
        organizationId: organization, state: WireSecret("state"), browserHash: "bb", nonce: WireSecret("nonce"),
        codeVerifier: WireSecret("verifier"), code: WireSecret("code"), error: nil, issuer: "https://id.example.com",
        replaces: credential)),
    WireSample(
      "BeginSignIn",
      BeginSignIn(organizationId: organization, stateHash: "aa", browserHash: "bb", isStepUp: false)),
    WireSample("SignInClient", signInClient),
    WireSample("ClaimSignIn", ClaimSignIn(organizationId: organization, stateHash: "aa", browserHash: "bb")),
    WireSample("ClaimedSignIn", ClaimedSignIn(client: signInClient, secretId: integration, grant: signedGrant)),
    WireSample(
      "CompleteSignIn",
      CompleteSignIn(
        signIn: signIn, claims: ["iss": "https://id.example.com", "sub": "ada"], replaces: credential)),
    WireSample("RefuseSignIn", RefuseSignIn(signIn: signIn, reason: "other_nonce")),
    WireSample(
      "FreshCaller",
      Caller(
        credential: .consoleSession, credentialId: "bse_1", organizationId: organization, organizationName: "Example",
        user: .init(id: user, externalId: "u1", email: nil, name: nil), role: .owner, groups: [], charmId: nil,
        expiresAt: time, freshUntil: time)),
    WireSample(
      "User",
      User(
        id: user, status: .active, externalId: "u1", email: "ada@example.com", name: "Ada", role: .owner,
        groups: ["staff"], identityIssuer: "https://id.example.com", createdAt: time)),
    WireSample(
      "RemovedUser",
      User(id: user, status: .removed, identityIssuer: "https://id.example.com", removedAt: time)),
    WireSample("ListUsers", ListUsers(status: .active, page: page)),
    WireSample("UpdateUser", UpdateUser(role: .admin)),
    WireSample("NamedUsers", NamedUsers(externalIds: ["u1"])),
    WireSample("KnownUsers", KnownUsers(ids: ["u1": user])),
  ]
}
