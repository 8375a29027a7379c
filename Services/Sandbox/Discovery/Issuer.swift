import FoundationEssentials
import Synchronization

/// The clock, as a value: tests bring their own.
typealias Now = @Sendable () -> Date

/// The address by which the sandbox names itself. With port 0 it is known only once the server listens.
final class Issuer: Sendable {
  private let text: Mutex<String>

  init(_ url: String) { text = Mutex(url) }

  var url: String { text.withLock { $0 } }

  func set(_ url: String) { text.withLock { $0 = url } }

  /// An address below the issuer.
  func address(_ path: String) -> String { "\(url)/\(path)" }

  var isSecure: Bool { url.hasPrefix("https://") }
}
