import Crypto
import FoundationEssentials

/// SHA-256 of a secret: what the sandbox keeps instead of the secret itself. Digests compare in constant time.
struct Fingerprint: Hashable, Sendable {
  private let digest: SHA256Digest

  init(of text: String) { digest = SHA256.hash(data: Data(text.utf8)) }
}
