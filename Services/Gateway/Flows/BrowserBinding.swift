import Crypto
import Model

/// The random value by which a browser is recognised when the provider sends it back.
///
/// One per browser rather than per flow, so that two tabs may connect at once. It says nothing about who the person is.
struct BrowserBinding: Sendable {
  /// Bytes of randomness, as text of 43 characters.
  private static let byteCount = 32
  /// Seconds that the cookie lives: longer than a flow, no longer than needed.
  static let lifetimeSeconds = 1_200

  private let value: Secret<String>

  /// A new one.
  static func random() -> BrowserBinding { BrowserBinding(value: Secret(RandomText.base64URL(bytes: byteCount))) }

  /// The one that a browser brought. Returns nil for anything that we did not make.
  init?(cookie text: String) {
    guard text.utf8.count == 43, text.utf8.allSatisfy({ Self.isBase64URL($0) }) else { return nil }
    value = Secret(text)
  }

  private init(value: Secret<String>) { self.value = value }

  /// SHA-256, lower-case hexadecimal: what is stored with a flow.
  var hash: String { value.expose { SHA256.hash(data: Array($0.utf8)).hexadecimal } }

  /// What a form on our page must bring back to prove that it is our page: bound to this browser and this form.
  func csrfToken(for form: String) -> String {
    value.expose { text in
      HMAC<SHA256>.authenticationCode(
        for: Array("csrf|\(form)".utf8), using: SymmetricKey(data: Array(text.utf8))
      ).hexadecimal
    }
  }

  /// A secret of this browser for one purpose: 256 bits as 43 characters of base64url.
  func derived(_ purpose: String) -> Secret<String> {
    value.expose { text in
      Secret(
        RandomText.base64URL(
          HMAC<SHA256>.authenticationCode(
            for: Array("sign-in|\(purpose)".utf8), using: SymmetricKey(data: Array(text.utf8)))))
    }
  }

  /// For the forms of a flow's page.
  func csrfToken(for flowId: FlowID) -> String { csrfToken(for: flowId.rawValue) }

  /// The cookie's header value.
  func setCookie(isSecure: Bool) -> String {
    value.expose { text in
      let name = Self.cookieName(isSecure: isSecure)
      return
        "\(name)=\(text); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(Self.lifetimeSeconds)\(isSecure ? "; Secure" : "")"
    }
  }

  /// `__Host-` where the origin is https; browsers refuse that prefix on http, which only a loopback host may use.
  static func cookieName(isSecure: Bool) -> String { isSecure ? "__Host-lanyard-browser" : "lanyard-browser" }

  private static func isBase64URL(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

/// Compares without telling by its duration where the texts differ.
func equalInConstantTime(_ left: String, _ right: String) -> Bool {
  let left = Array(left.utf8)
  let right = Array(right.utf8)
  guard left.count == right.count else { return false }
  return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}
