/// What `prompt` may say (OpenID Connect Core section 3.1.2.1).
enum Prompt: String, CaseIterable, Sendable {
  case none, login, consent
  case selectAccount = "select_account"
}

/// A request for authorization that passed every check (RFC 6749 section 4.1.1, OAuth 2.1).
struct AuthorizationRequest: Sendable {
  let client: Client
  let redirectURI: RedirectURI
  let state: String?
  let scopes: Set<Scope>
  /// The resources that the token is for (RFC 8707).
  let resources: Set<ResourceIndicator>
  let challenge: PKCEChallenge
  let nonce: String?
  let prompts: Set<Prompt>
  let hinted: Person?
}

/// Why an authorization request is refused, and who may be told.
enum AuthorizationRefusal: Error, Sendable {
  /// Only the person: the client or its address cannot be trusted (RFC 6749 section 4.1.2.1).
  case page(String)
  /// The client, at its registered address.
  case redirect(OAuthError, ReturnAddress)
}

/// Where an answer goes, and the state that it must carry.
struct ReturnAddress: Sendable {
  let redirectURI: RedirectURI
  let state: String?
}

extension AuthorizationRequest {
  var returnAddress: ReturnAddress { ReturnAddress(redirectURI: redirectURI, state: state) }

  /// Checks the parameters in the order that decides who learns of a mistake.
  init(_ form: FormFields, clients: ClientRegistry) throws(AuthorizationRefusal) {
    guard let id = form["client_id"], let client = clients[id] else {
      throw .page("The application that sent you here is not registered: its client_id is unknown.")
    }
    guard let redirectURI = client.redirectURI(form["redirect_uri"]) else {
      throw .page("The application wants you back at an address (redirect_uri) that it has not registered.")
    }
    let address = ReturnAddress(redirectURI: redirectURI, state: form["state"])
    do {
      try self.init(form, client: client, address: address)
    } catch {
      throw .redirect(error, address)
    }
  }

  private init(_ form: FormFields, client: Client, address: ReturnAddress) throws(OAuthError) {
    try form.checkSingle()
    guard try form.required("response_type") == "code" else {
      throw OAuthError(.unsupportedResponseType, "response_type must be code.")
    }
    self.init(
      client: client, redirectURI: address.redirectURI, state: address.state,
      scopes: try Self.scopes(form["scope"]), resources: try Set(form),
      challenge: try PKCEChallenge(challenge: form["code_challenge"], method: form["code_challenge_method"]),
      nonce: form["nonce"], prompts: try Self.prompts(form["prompt"]), hinted: Person.hinted(form["login_hint"]))
  }

  private static func scopes(_ text: String?) throws(OAuthError) -> Set<Scope> {
    if let text { try Set(parsing: text) } else { .standard }
  }

  private static func prompts(_ text: String?) throws(OAuthError) -> Set<Prompt> {
    let words = (text ?? "").split(separator: " ")
    let prompts = Set(words.compactMap { Prompt(rawValue: String($0)) })
    guard prompts.count == words.count, !prompts.contains(.none) || prompts.count == 1 else {
      throw OAuthError(.invalidRequest, "prompt must be none, or some of login, consent and select_account.")
    }
    return prompts
  }
}
