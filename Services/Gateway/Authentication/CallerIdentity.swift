import Model

/// A caller that has proved itself, with the credential by which the policy service knows them.
struct CallerIdentity: Sendable {
  let caller: Caller
  let credential: CredentialDigest
  /// Only at MCP servers: the Application that the caller's page acts for.
  var application: ActingApplication?

  /// The request in the caller's name.
  func asking<Request>(_ request: Request) -> OnBehalf<Request> { OnBehalf(credential.onTheWire, request) }
}
