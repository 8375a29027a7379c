import Hummingbird
import Model

/// The cookie with the sessions of a browser that are not in use: in other organizations than the one that is shown.
enum OtherSessionsCookie {
  /// Sessions beside the one in use: what fits into a cookie with room to spare, and more organizations than anybody minds.
  static let maximumCount = 7

  static func tokens(of request: Request, isSecure: Bool) -> [Secret<String>] {
    let text = request.cookies[name(isSecure: isSecure)]?.value ?? ""
    return text.split(separator: ".").prefix(maximumCount).filter { PersonCookie.isToken($0) }.map {
      Secret(String($0))
    }
  }

  /// - Parameter seconds: of the one that lives longest.
  static func setting(_ tokens: [Secret<String>], seconds: Int, isSecure: Bool) -> String {
    let value = tokens.prefix(maximumCount).map { $0.expose { $0 } }.joined(separator: ".")
    return
      "\(name(isSecure: isSecure))=\(value); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(tokens.isEmpty ? 0 : seconds)\(isSecure ? "; Secure" : "")"
  }

  private static func name(isSecure: Bool) -> String { isSecure ? "__Host-lanyard-others" : "lanyard-others" }
}
