import Crypto
import Model

/// A public credential as the rest of the gateway knows it: its hash. The text is dropped where the header is read.
struct CredentialDigest: Hashable, Sendable {
  /// SHA-256, lower-case hexadecimal.
  private let hexadecimal: String

  init(of credential: Secret<String>) {
    hexadecimal = credential.expose { SHA256.hash(data: Array($0.utf8)).hexadecimal }
  }

  /// The form in which it goes to the policy service.
  var onTheWire: CredentialHash { WireSecret(hexadecimal) }
}

extension Sequence where Element == UInt8 {
  /// Two lower-case digits a byte.
  var hexadecimal: String {
    var text = ""
    for byte in self {
      if byte < 16 { text += "0" }
      text += String(byte, radix: 16)
    }
    return text
  }
}
