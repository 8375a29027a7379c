import Crypto
import FoundationEssentials
import Model

/// Who calls, as far as the door tells.
struct MCPCaller: Sendable {
  let door: MCPDoor
  /// The person of an access token.
  var person: Person?
  var clientID: String?
  var scopes: Set<Scope> = []
  /// What the caller showed, needed or not.
  var token: Secret<String>?

  /// The name under which calls are counted and sessions are kept.
  var subject: String {
    switch door {
    case .oauth: person?.id ?? "nobody"
    case .staticToken: "static"
    case .open: "anonymous"
    }
  }

  /// The first eight hex digits of the token's SHA-256: enough to tell two tokens apart, of no use otherwise.
  var tokenFingerprint: String? {
    token?.expose { text in
      SHA256.hash(data: Data(text.utf8)).prefix(4).map { byte in
        byte < 16 ? "0\(String(byte, radix: 16))" : String(byte, radix: 16)
      }.joined()
    }
  }
}
