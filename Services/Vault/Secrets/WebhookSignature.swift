import Crypto
import FoundationEssentials
import Model

/// The signature of Standard Webhooks (standardwebhooks.com, version 1.0.0): `v1,` and base64 of HMAC-SHA256.
enum WebhookSignature {
  /// Before the base64 of the secret's bytes.
  static let secretPrefix = "whsec_"

  /// - Throws: `internal_error` for a secret that is none of ours.
  static func make(_ message: SignWebhook, with secret: Secret<String>) throws -> String {
    let key = secret.expose { text in
      text.hasPrefix(secretPrefix)
        ? Data(base64Encoded: String(text.dropFirst(secretPrefix.count))).map { SymmetricKey(data: $0) } : nil
    }
    guard let key else { throw ServiceError(.internalError, "Something went wrong on our side.") }
    let signed = "\(message.id).\(message.timestamp).\(message.body)"
    let code = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key)
    return "v1," + Data(code).base64EncodedString()
  }
}
