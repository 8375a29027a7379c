import Foundation
import HTTPTypes
import Hummingbird
import Model

/// Where the browser wanted to go when it was asked to sign in. The link that signs it in comes from elsewhere and knows nothing of it.
enum ReturnCookie {
  /// Seconds: longer than it takes to get a link.
  private static let lifetimeSeconds = 1_200

  static func path(of request: Request, isSecure: Bool) -> LocalPath? {
    request.cookies[name(isSecure: isSecure)].flatMap { decode($0.value) }.flatMap(LocalPath.init)
  }

  static func setting(_ path: LocalPath, isSecure: Bool) -> String {
    header(RandomText.base64URL(path.text.utf8), seconds: lifetimeSeconds, isSecure: isSecure)
  }

  static func clearing(isSecure: Bool) -> String { header("", seconds: 0, isSecure: isSecure) }

  private static func name(isSecure: Bool) -> String { isSecure ? "__Host-lanyard-return" : "lanyard-return" }

  private static func header(_ value: String, seconds: Int, isSecure: Bool) -> String {
    "\(name(isSecure: isSecure))=\(value); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(seconds)\(isSecure ? "; Secure" : "")"
  }

  /// A path may hold what a cookie may not, so it travels as base64url.
  private static func decode(_ text: String) -> String? {
    let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    let standard = text.replacing("-", with: "+").replacing("_", with: "/") + padding
    return Data(base64Encoded: standard).flatMap { String(validating: $0, as: UTF8.self) }
  }
}
