import Foundation
import HTTPTypes
import Hummingbird
import Model
import ServiceKit

/// Forms of ours, sent by our own pages in the browser that they were shown in.
struct BrowserForms: Sendable {
  let publicURL: PublicURL

  /// The browser as it is known by its cookie, or a new one, which the answer must then name: ``setCookie(_:on:)``.
  func browser(of request: Request) -> BrowserBinding { known(request) ?? .random() }

  /// The browser, if it has brought a cookie of ours.
  func known(_ request: Request) -> BrowserBinding? {
    request.cookies[BrowserBinding.cookieName(isSecure: publicURL.isSecure)].flatMap {
      BrowserBinding(cookie: $0.value)
    }
  }

  func setCookie(_ browser: BrowserBinding, on response: inout Response) {
    response.headers.append(
      HTTPField(name: .setCookie, value: browser.setCookie(isSecure: publicURL.isSecure)))
  }

  /// Reads a form.
  ///
  /// - Parameter form: what its token was made for.
  /// - Throws: `forbidden` or `invalid_request` for a form that our page in this browser did not send.
  func read(
    _ request: Request, _ context: AppRequestContext, for form: String
  ) async throws -> (browser: BrowserBinding, fields: FormFields) {
    try SameOrigin.check(request, publicURL)
    let fields = try await Self.fields(request, context)
    guard let browser = known(request), let token = fields["csrf"],
      equalInConstantTime(token, browser.csrfToken(for: form))
    else { throw ServiceError(.invalidRequest, "This form has expired. Go back, load the page again and repeat.") }
    return (browser, fields)
  }

  /// - Throws: `unsupported_media_type` for anything but a form.
  static func fields(_ request: Request, _ context: AppRequestContext) async throws -> FormFields {
    guard request.headers[.contentType]?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true else {
      throw ServiceError(.unsupportedMediaType, "Send the form as application/x-www-form-urlencoded.")
    }
    return FormFields(try await request.collectBody(context))
  }
}
