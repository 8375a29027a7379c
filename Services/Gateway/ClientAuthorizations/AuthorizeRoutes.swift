import HTTPTypes
import Hummingbird
import Model
import ServiceKit

/// `/oauth/authorize`: an MCP client sends its person here, the person decides, and goes back with a code or a refusal.
struct AuthorizeRoutes: Sendable {
  let peers: PeerClients
  let people: PersonReader
  let responder: PageResponder
  let resources: MCPResources
  let clients: ClientDirectory
  /// Per person: each may make us ask a stranger for its document.
  let attempts: RateLimiter<UserID>

  func add(to router: ServiceRouter) {
    router.get("/oauth/authorize", use: responder.page(ask))
    router.post("/oauth/authorize", use: responder.page(decide))
  }

  /// The request, as far as it was understood and by whom it is to be decided.
  private struct Case: Sendable {
    var query: AuthorizationQuery
    var person: CallerIdentity
    var client: OAuthClient
    var redirect: ClientRedirectURI

    /// What the form's token is made for: this person's answer to this request.
    var form: String { "authorize|\(person.caller.user?.id.rawValue ?? "")|\(query.canonical)" }

    func request(_ target: ClientTokenTarget) -> ClientRequest {
      ClientRequest(
        clientId: client.id, kind: client.kind, redirectUri: redirect.text, mcpServerId: target.mcpServerId)
    }
  }

  @Sendable private func ask(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let found = try await open(request)
    return try await answering(found) {
      let (target, challenge) = try found.query.wish(resources)
      let review = try await review(found, target)
      if review.isRemembered, Navigation.isByThePerson(request) {
        return try await issue(found, target, challenge)
      }
      let browser = responder.forms.browser(of: request)
      let page = ConsentPage(
        client: found.client, redirect: found.redirect, person: ShownPerson(found.person.caller), target: target,
        servers: review.servers, action: "/oauth/authorize?\(found.query.canonical)",
        csrfToken: browser.csrfToken(for: found.form))
      var response = responder.html(
        try responder.pages.consent(page), headers: responder.headers.form(leadingTo: found.redirect))
      responder.forms.setCookie(browser, on: &response)
      return response
    }
  }

  @Sendable private func decide(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let found = try await open(request)
    let (_, fields) = try await responder.forms.read(request, context, for: found.form)
    return try await answering(found) {
      let (target, challenge) = try found.query.wish(resources)
      guard fields["decision"] == "allow" else { throw OAuthRefusal(.accessDenied, "The person declined.") }
      return try await issue(found, target, challenge)
    }
  }

  /// Who asks whom. Whatever is wrong until here is shown to the person and sends them nowhere.
  private func open(_ request: Request) async throws -> Case {
    let query = try AuthorizationQuery(request.uri.query ?? "")
    guard let person = try await people.person(request), let user = person.caller.user else {
      throw SignInRequired(returningTo: LocalPath("/oauth/authorize?\(query.canonical)"))
    }
    try attempts.take(user.id)
    let client = try await clients.client(query.clientId)
    guard let redirect = client.redirect(query.redirectUri) else {
      throw ServiceError(
        .invalidRequest, "The application wants to send you to an address that it has not named before. Do not go on.")
    }
    return Case(query: query, person: person, client: client, redirect: redirect)
  }

  private func review(_ found: Case, _ target: ClientTokenTarget) async throws -> ClientRequestReview {
    do {
      return try await peers.call(
        ClientAuthorizationEndpoints.review, found.person.asking(found.request(target)))
    } catch let error as ServiceError where error.code == .notFound {
      throw OAuthRefusal(.invalidTarget, "The person's organization has no such MCP server.")
    }
  }

  private func issue(
    _ found: Case, _ target: ClientTokenTarget, _ challenge: String
  ) async throws -> Response {
    let issued: IssuedClientCode
    do {
      issued = try await peers.call(
        ClientAuthorizationEndpoints.authorize,
        found.person.asking(
          AuthorizeClient(
            request: found.request(target), clientName: found.client.name, codeChallenge: challenge)))
    } catch let error as ServiceError where error.code == .notFound {
      throw OAuthRefusal(.invalidTarget, "The person's organization has no such MCP server.")
    }
    return issued.code.secret.expose { back(found, [("code", $0)]) }
  }

  /// Answers refusals to the client, which asked correctly enough to be answered.
  private func answering(_ found: Case, _ work: () async throws -> Response) async throws -> Response {
    do {
      return try await work()
    } catch let refusal as OAuthRefusal {
      return back(found, [("error", refusal.code.rawValue), ("error_description", refusal.description)])
    }
  }

  /// Sends the person back, by 303: nothing that was posted here is posted there (RFC 9700 section 4.12). Every answer says
  /// whose it is (RFC 9207).
  private func back(_ found: Case, _ parameters: [(name: String, value: String?)]) -> Response {
    let query = OAuthParameters.encode(parameters + [("state", found.query.state), ("iss", resources.issuer)])
    let separator = found.redirect.text.contains("?") ? "&" : "?"
    return Response(
      status: .seeOther, headers: responder.headers.redirect(to: found.redirect.text + separator + query))
  }
}

/// How the browser came to ask, and where it shows the answer, as it says itself (Fetch Metadata).
enum Navigation {
  /// Whether the person opened this as the page of a tab by themselves: by a program's link, a bookmark, or by typing it. What they once
  /// allowed is not for another site to ride on by leading them here. Nor for one that led them here before they signed in, so a page of
  /// ours that sends them back does not count either. Browsers that say nothing get the question again.
  static func isByThePerson(_ request: Request) -> Bool {
    request.method == .get && request.headers[site] == "none" && request.headers[destination] == "document"
  }

  private static let site = name("Sec-Fetch-Site")
  private static let destination = name("Sec-Fetch-Dest")

  private static func name(_ text: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(text) else { preconditionFailure("not a header name") }
    return name
  }
}
