import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// The headers of every page that people see.
struct PageHeaders: Sendable {
  private let contentSecurityPolicy: String
  private static let nonceBytes = 16

  init(_ publicURL: PublicURL) {
    // A form may lead on to a provider: browsers hold the redirect after a form against form-action too.
    // Providers are https everywhere; on a loopback origin the practice provider is not.
    let forms = publicURL.isSecure ? "'self' https:" : "'self' https: http://127.0.0.1:* http://localhost:*"
    contentSecurityPolicy = Self.policy(forms: forms)
  }

  private static func policy(forms: String) -> String {
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action \(forms); frame-ancestors 'none'; base-uri 'none'"
  }

  /// For a page with a form of ours. Not `no-referrer`: under that policy browsers send `Origin: null` with the form, and a form from our
  /// own page could not be told from one in a sandboxed frame (Fetch, "append a request Origin header").
  var form: HTTPFields { page(referrerPolicy: "same-origin") }

  /// The same for a form that leads to one address of an MCP client and nowhere else. The policy has no word for an IPv6 address
  /// (Content Security Policy Level 3, "host-source").
  func form(leadingTo redirect: ClientRedirectURI) -> HTTPFields {
    var headers = form
    let source = redirect.host.hasPrefix("[") ? "http:" : redirect.origin
    headers[.contentSecurityPolicy] = Self.policy(forms: "'self' \(source)")
    return headers
  }

  /// For a page that only tells something.
  ///
  /// - Parameter scriptNonce: of the page's own script element; no other script runs.
  func page(scriptNonce: String) -> HTTPFields {
    page(referrerPolicy: "no-referrer", scripts: "; script-src 'nonce-\(scriptNonce)'")
  }

  /// A new nonce for one answer.
  static func scriptNonce() -> String { RandomText.base64URL(bytes: nonceBytes) }

  /// No Cross-Origin-Opener-Policy: the host's page, of another origin, must be able to see that its window was closed. What is shared with
  /// it is no more than that, and the result travels through the server.
  private func page(referrerPolicy: String, scripts: String = "") -> HTTPFields {
    var headers: HTTPFields = [
      .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
      .contentSecurityPolicy: contentSecurityPolicy + scripts,
    ]
    headers[Self.referrerPolicy] = referrerPolicy
    headers[Self.frameOptions] = "DENY"
    return headers
  }

  /// For a redirect: nothing of this address goes along as a referrer, and nobody stores it.
  func redirect(to location: String) -> HTTPFields {
    var headers: HTTPFields = [.location: location, .cacheControl: "no-store"]
    headers[Self.referrerPolicy] = "no-referrer"
    return headers
  }

  private static let referrerPolicy = name("Referrer-Policy")
  private static let frameOptions = name("X-Frame-Options")

  private static func name(_ text: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is not a header name") }
    return name
  }
}
