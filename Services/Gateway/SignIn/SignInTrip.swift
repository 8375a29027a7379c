import Crypto
import Model

/// What is made for one trip of a browser to an identity provider, and made again when it comes back.
///
/// Verifier and nonce are derived from the state and from the browser's own secret (OpenID Connect Core section 15.5.2). Nobody stores
/// them: whoever reads every database could still not complete a sign-in, and another browser derives others.
struct SignInTrip: Sendable {
  let state: Secret<String>
  /// 43 characters of 256 bits (RFC 7636 section 4.1).
  let codeVerifier: Secret<String>
  let nonce: Secret<String>
  let browserHash: String

  /// - Parameter state: as the provider sent it back; a new one for a new trip.
  init(state: Secret<String> = Secret(RandomText.base64URL(bytes: 32)), in browser: BrowserBinding) {
    self.state = state
    codeVerifier = state.expose { browser.derived("verifier|\($0)") }
    nonce = state.expose { browser.derived("nonce|\($0)") }
    browserHash = browser.hash
  }

  /// RFC 7636 section 4.2.
  var codeChallenge: String {
    codeVerifier.expose { RandomText.base64URL(SHA256.hash(data: Array($0.utf8))) }
  }
}
