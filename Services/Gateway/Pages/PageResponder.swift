import HTTPTypes
import Hummingbird
import Logging
import Model
import NIOCore
import ServiceKit

/// Answers with pages for people, and turns what goes wrong on the way into one.
struct PageResponder: Sendable {
  typealias Handler = @Sendable (Request, AppRequestContext) async throws -> Response

  let pages: PageRenderer
  let headers: PageHeaders
  let forms: BrowserForms

  init(publicURL: PublicURL) async throws {
    pages = try PageRenderer()
    headers = PageHeaders(publicURL)
    forms = BrowserForms(publicURL: publicURL)
  }

  private var isSecure: Bool { forms.publicURL.isSecure }

  /// The handler of a page: its errors are for people, a page and not a document.
  func page(_ handler: @escaping Handler) -> Handler {
    { request, context in
      do {
        return try await handler(request, context)
      } catch let refusal as SignInRequired {
        return try signInFirst(refusal, request, status: .forbidden)
      } catch let refusal as OtherPersonSignedIn {
        return try otherPerson(refusal, request)
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

  func html(_ text: String, status: HTTPResponse.Status = .ok, headers: HTTPFields) -> Response {
    Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }

  func outcome(_ page: OutcomePage, status: HTTPResponse.Status = .ok) throws -> Response {
    html(try pages.outcome(page), status: status, headers: headers.page(scriptNonce: page.scriptNonce))
  }

  /// By 303: whatever was posted here is not posted there (RFC 9700 section 4.12).
  func redirect(to path: LocalPath) -> Response {
    Response(status: .seeOther, headers: headers.redirect(to: forms.publicURL.origin + path.text))
  }

  /// How to sign in. The browser remembers where it wanted to go.
  func signInFirst(
    _ refusal: SignInRequired, _ request: Request, status: HTTPResponse.Status, isSignedIn: Bool = false
  ) throws -> Response {
    let browser = forms.browser(of: request)
    let page = SignInFirstPage(
      returningTo: refusal.returningTo, isSignedIn: isSignedIn, csrfToken: browser.csrfToken(for: SignInForm.name))
    var response = html(try pages.signInFirst(page), status: status, headers: headers.form)
    forms.setCookie(browser, on: &response)
    if let path = refusal.returningTo {
      response.headers.append(HTTPField(name: .setCookie, value: ReturnCookie.setting(path, isSecure: isSecure)))
    }
    return response
  }

  private func otherPerson(_ refusal: OtherPersonSignedIn, _ request: Request) throws -> Response {
    let browser = forms.browser(of: request)
    let page = OtherPersonPage(refusal, csrfToken: browser.csrfToken(for: SignOutForm.name))
    var response = html(try pages.otherPerson(page), status: .forbidden, headers: headers.form)
    forms.setCookie(browser, on: &response)
    return response
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
}
