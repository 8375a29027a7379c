import Hummingbird
import Model

/// Names a browser by a random cookie. It carries no data: who is signed in is the server's knowledge.
struct BrowserCookie: Sendable {
  struct Browser: Sendable {
    fileprivate let value: Secret<String>
    let fingerprint: Fingerprint

    fileprivate init(_ text: String) {
      value = Secret(text)
      fingerprint = Fingerprint(of: text)
    }
  }

  private static let name = "sandbox_browser"

  let issuer: Issuer

  func read(_ request: Request) -> Browser? { request.cookies[Self.name].map { Browser($0.value) } }

  func make() -> Browser { Browser(RandomText.base64URL(bytes: 32)) }

  /// `Lax`, because the client sends the person here from another site.
  func keep(_ browser: Browser, in response: Response) -> Response {
    var response = response
    let cookie = browser.value.expose { value in
      Cookie(name: Self.name, value: value, path: "/", secure: issuer.isSecure, httpOnly: true, sameSite: .lax)
    }
    response.setCookie(cookie)
    return response
  }
}
