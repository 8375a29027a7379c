import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Model
import NIOCore
import ServiceKit

/// The connect page in the popup, and the provider's way back.
struct ConnectRoutes: Sendable {
  let journey: ConnectJourney
  let pages: PageRenderer
  let headers: PageHeaders
  let consents: ConsentDescriber
  let publicURL: PublicURL
  let callerAddress: CallerAddress
  /// Returns from providers, by network address.
  let callbacks: RateLimiter<String>

  func add(to router: ServiceRouter) {
    router.get("/connect/{id}", use: page(show))
    router.post("/connect/{id}/continue", use: page(proceed))
    router.post("/connect/{id}/cancel", use: page(cancel))
    router.get("/oauth/callback", use: page(callback))
    router.get("/oauth/callback/{key}", use: page(callback))
  }

  private typealias Handler = @Sendable (Request, AppRequestContext) async throws -> Response

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let facts = try await journey.facts(try flowId(context))
    guard facts.status.status == .pending else { return try outcome(OutcomePage(facts)) }
    let browser = browser(of: request) ?? .random()
    var response = html(
      try pages.connect(
        ConnectPage(
          facts, consent: consents.consent(for: facts.request), csrfToken: browser.csrfToken(for: facts.id))),
      headers: headers.form)
    response.headers[.setCookie] = browser.setCookie(isSecure: publicURL.isSecure)
    return response
  }

  @Sendable private func proceed(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let (id, browser) = try await pressedButton(request, context)
    let target = try await journey.start(id, in: browser)
    // 303: whatever was posted here is not posted there (RFC 9700 section 4.12).
    var response = target.expose { Response(status: .seeOther, headers: headers.redirect(to: $0)) }
    response.headers[.setCookie] = browser.setCookie(isSecure: publicURL.isSecure)
    return response
  }

  @Sendable private func cancel(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let (id, _) = try await pressedButton(request, context)
    try await journey.cancel(id)
    return Response(status: .seeOther, headers: headers.redirect(to: publicURL.connectPage(id)))
  }

  @Sendable private func callback(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    // A HEAD must change nothing, and this spends the state.
    guard request.method == .get else { throw ServiceError(.methodNotAllowed, "Use GET here.") }
    try callbacks.take(callerAddress.text(request, context))
    guard let browser = browser(of: request) else {
      throw ServiceError(
        .invalidState, "This browser did not begin this. Go back to the application and connect again.")
    }
    let answer = try AuthorizationResponse.read(request, redirectKey: context.parameters.get("key"), browser)
    let facts = try await journey.finish(answer)
    // The code leaves the address bar at once.
    return Response(status: .seeOther, headers: headers.redirect(to: publicURL.connectPage(facts.id)))
  }

  /// A form of ours, sent by our page in the browser that it was shown in.
  private func pressedButton(
    _ request: Request, _ context: AppRequestContext
  ) async throws -> (FlowID, BrowserBinding) {
    let id = try flowId(context)
    let refused = ServiceError(.invalidRequest, "This form has expired. Go back, load the page again and repeat.")
    try SameOrigin.check(request, publicURL)
    guard request.headers[.contentType]?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true else {
      throw ServiceError(.unsupportedMediaType, "Send the form as application/x-www-form-urlencoded.")
    }
    let form = FormFields(try await request.collectBody(context))
    guard let browser = browser(of: request), let token = form["csrf"],
      equalInConstantTime(token, browser.csrfToken(for: id))
    else { throw refused }
    return (id, browser)
  }

  /// Errors of these routes are for people: a page, not a document.
  private func page(_ handler: @escaping Handler) -> Handler {
    { request, context in
      do {
        return try await handler(request, context)
      } catch let error as any ServiceErrorConvertible {
        return try failure(error.serviceError, context)
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        // The type only: an error's text carries what it was made from.
        context.logger.error("unmapped error", metadata: ["errorType": "\(type(of: error))"])
        return try failure(ServiceError(.internalError, "Something went wrong on our side. Try again."), context)
      }
    }
  }

  private func failure(_ problem: ServiceError, _ context: AppRequestContext) throws -> Response {
    if problem.code.status >= 500 {
      context.logger.error("problem", metadata: ["problem": "\(problem.code.rawValue)"])
    }
    var response = try outcome(
      OutcomePage(problem, requestId: context.requestId), status: .init(code: problem.code.status))
    if let seconds = problem.retryAfter { response.headers[.retryAfter] = String(seconds) }
    return response
  }

  private func outcome(_ page: OutcomePage, status: HTTPResponse.Status = .ok) throws -> Response {
    html(try pages.outcome(page), status: status, headers: headers.page(scriptNonce: page.scriptNonce))
  }

  private func html(_ text: String, status: HTTPResponse.Status = .ok, headers: HTTPFields) -> Response {
    Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }

  private func flowId(_ context: AppRequestContext) throws -> FlowID {
    guard let id = context.parameters.get("id").flatMap(FlowID.init(validating:)) else {
      throw ServiceError(.flowNotFound, "This link is not complete. Go back to the application and connect again.")
    }
    return id
  }

  private func browser(of request: Request) -> BrowserBinding? {
    request.cookies[BrowserBinding.cookieName(isSecure: publicURL.isSecure)].flatMap {
      BrowserBinding(cookie: $0.value)
    }
  }
}
