import Foundation

/// A provider's answer as far as it is read: status, body within the cap, and how long it asks us to wait.
struct ProviderReply: Sendable {
  let status: Int
  let body: Data
  /// Seconds of `Retry-After`, at most an hour.
  let retryAfter: Int?

  var isSuccess: Bool { (200..<300).contains(status) }
}

/// The head of an answer.
struct ProviderHead: Sendable {
  let status: Int
  /// Every value of `WWW-Authenticate`.
  let challenges: [String]
}

/// Why a provider gave no answer.
enum ProviderSilence: Error, Sendable, Equatable {
  /// Nothing reached the provider: it is as if we had not called.
  case notSent(reason: String)
  /// The provider may have acted.
  case outcomeUnknown(reason: String)
}
