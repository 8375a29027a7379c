import Foundation
import HTTPTypes
import Hummingbird
import Model

/// The cookies in which a browser keeps its person's session.
enum PersonCookie: Sendable {
  /// The person signed in.
  case signIn
  /// The host's page handed them over. A cookie of its own: it comes with a request from the host's site, to which browsers do not add
  /// the other one, and must not take its place unseen.
  case connect

  private static let tokenPrefix = "lyb_"
  /// The prefix and 32 random bytes as base64url.
  private static let tokenLength = 47

  /// `__Host-` where the origin is https; browsers refuse that prefix on http, which only a loopback host may use.
  func name(isSecure: Bool) -> String {
    let name =
      switch self {
      case .signIn: "lanyard-session"
      case .connect: "lanyard-handover"
      }
    return isSecure ? "__Host-\(name)" : name
  }

  /// The purpose that the session behind it must have.
  var purpose: BrowserSessionPurpose {
    switch self {
    case .signIn: .signIn
    case .connect: .connect
    }
  }

  /// The session's token, if the browser brought one that is shaped like ours.
  func token(of request: Request, isSecure: Bool) -> Secret<String>? {
    guard let text = request.cookies[name(isSecure: isSecure)]?.value, Self.isToken(text) else { return nil }
    return Secret(text)
  }

  static func isToken(_ text: some StringProtocol) -> Bool {
    text.hasPrefix(tokenPrefix) && text.utf8.count == tokenLength
  }

  /// The header value that gives the browser a session.
  func setting(_ session: StartedBrowserSession, isSecure: Bool) -> String {
    let seconds = max(0, Int(session.expiresAt.timeIntervalSinceNow))
    return session.token.secret.expose { header($0, seconds: seconds, isSecure: isSecure) }
  }

  /// The header value that takes it away.
  func clearing(isSecure: Bool) -> String { header("", seconds: 0, isSecure: isSecure) }

  private func header(_ value: String, seconds: Int, isSecure: Bool) -> String {
    "\(name(isSecure: isSecure))=\(value); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(seconds)\(isSecure ? "; Secure" : "")"
  }
}
