import HTTPTypes
import Hummingbird
import Model

/// Refuses unsafe requests that a foreign page made the browser send.
enum SameOrigin {
  /// - Throws: `forbidden` when the browser says that another site is behind it.
  static func check(_ request: Request, _ publicURL: PublicURL) throws {
    let refused = ServiceError(.forbidden, "This must be sent from our own page.")
    // Sent by every current browser and not settable by scripts.
    if let site = request.headers[secFetchSite], site != "same-origin" { throw refused }
    if let origin = request.headers[.origin], origin != publicURL.origin { throw refused }
  }

  /// The same for requests with which a browser need not say so, and nobody else may: silence is a refusal.
  static func require(_ request: Request, _ publicURL: PublicURL) throws {
    try check(request, publicURL)
    guard request.headers[secFetchSite] == "same-origin" || request.headers[.origin] == publicURL.origin else {
      throw ServiceError(.forbidden, "This must be sent from our own page.")
    }
  }

  private static let secFetchSite: HTTPField.Name = {
    guard let name = HTTPField.Name("Sec-Fetch-Site") else { preconditionFailure("not a header name") }
    return name
  }()
}
