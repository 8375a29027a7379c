import HTTPTypes
import Hummingbird
import Model
import ServiceKit

/// Pages of the console that hold a form, and what becomes of the form.
struct ConsoleForms: Sendable {
  /// What went wrong with a form, for the page that shows it again.
  struct Refusal: Sendable {
    var status: HTTPResponse.Status
    var message: String

    /// Nil for what is no fault of the form: that has a page of its own.
    init?(_ error: any Error) {
      guard let problem = (error as? any ServiceErrorConvertible)?.serviceError,
        problem.code.status < 500 || problem.code == .providerUnavailable
      else { return nil }
      status = .init(code: problem.code.status)
      message = problem.detail
    }
  }

  let responder: PageResponder

  /// A page with forms that carry a token for `name`, good in the session that it was shown in: what was begun in one organization, or by one
  /// person, is not sent in another's name because another tab has gone over to it.
  func page(
    _ request: Request, _ name: String, status: HTTPResponse.Status = .ok,
    _ render: (_ csrfToken: String) throws -> String
  ) throws -> Response {
    let browser = responder.forms.browser(of: request)
    let html = try render(browser.csrfToken(for: bound(name, request)))
    var response = responder.html(html, status: status, headers: responder.headers.form)
    responder.forms.setCookie(browser, on: &response)
    return response
  }

  /// Reads a form, does what it wants and goes on to where that shows; a refused form is shown again, with the reason.
  func submit(
    _ request: Request, _ context: AppRequestContext, _ name: String,
    _ perform: (FormFields) async throws -> LocalPath,
    refused: (FormFields, Refusal) async throws -> Response
  ) async throws -> Response {
    let fields = try await read(request, context, name)
    do {
      return responder.redirect(to: try await perform(fields))
    } catch {
      guard let refusal = Refusal(error) else { throw error }
      return try await refused(fields, refusal)
    }
  }

  /// Reads a form of a page of this person and session.
  ///
  /// - Throws: as ``BrowserForms/read(_:_:for:)``.
  func read(_ request: Request, _ context: AppRequestContext, _ name: String) async throws -> FormFields {
    try await responder.forms.read(request, context, for: bound(name, request)).fields
  }

  private func bound(_ name: String, _ request: Request) -> String {
    let isSecure = responder.forms.publicURL.isSecure
    guard let session = PersonCookie.signIn.token(of: request, isSecure: isSecure) else { return name }
    return CredentialDigest(of: session).onTheWire.secret.expose { "\(name)|\($0)" }
  }
}

extension FormFields {
  /// A field's text without blanks around it; nil where nothing was filled in.
  func filled(_ name: String) -> String? {
    self[name].map { $0.trimming(while: \.isWhitespace) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The words of a field, in order; nil where nothing was filled in.
  func words(_ name: String) -> [String]? {
    filled(name).map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
  }

  /// A field that holds a secret, as it was typed.
  func secret(_ name: String) -> WireSecret? {
    filled(name).map { WireSecret(Secret($0)) }
  }
}

extension String {
  fileprivate func trimming(while isOutside: (Character) -> Bool) -> String {
    let start = drop(while: isOutside)
    guard let end = start.lastIndex(where: { !isOutside($0) }) else { return "" }
    return String(start[...end])
  }
}
