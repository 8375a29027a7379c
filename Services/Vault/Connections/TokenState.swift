import FoundationEssentials
import Model

/// What can be done with a stored token now. Pure: every case is one line of a test.
enum TokenState: Equatable, Sendable {
  /// Hand it out.
  case live
  /// It has ended or is about to, and nobody is at it.
  case refreshDue
  /// Somebody is refreshing it, and the old one is too short-lived to use.
  case refreshing
  /// It has ended and the last refresh failed: not before this time again.
  case waitUntil(Date)
  /// It has ended and there is nothing to refresh with.
  case ended
}

/// When a token is refreshed.
struct RefreshRule: Sendable {
  /// Seconds before the end from which on a token is refreshed.
  var marginSeconds: Double
  /// The margin is at most this part of the lifetime, so that short-lived tokens are not refreshed at once.
  static let maximumMarginPart = 0.2
  /// While somebody refreshes, the old token is good for callers with this many seconds left.
  static let usableDuringRefreshSeconds = 5.0

  /// What the caller's wish makes of ``state(of:)``.
  func state(of record: ConnectionRecord, freshness: ResolveConnection.Freshness?) -> TokenState {
    let state = state(of: record)
    switch freshness {
    case nil: return state
    case .whatLives:
      // The refresh that is due has just been tried in vain.
      guard state == .refreshDue, let expiresAt = record.connection.expiresAt else { return state }
      return expiresAt.timeIntervalSince(record.now) >= Self.usableDuringRefreshSeconds ? .live : state
    case .afterRefresh: return record.isLeased ? .refreshing : state
    }
  }

  /// Whether a token may be refreshed ahead of its time: not while a failure's pause lasts, and not when it has only just come.
  func mayBeForced(_ record: ConnectionRecord, minimumSeconds: Double) -> Bool {
    if let nextTryAt = record.nextTryAt, nextTryAt > record.now { return false }
    return record.now.timeIntervalSince(record.receivedAt) >= minimumSeconds
  }

  func state(of record: ConnectionRecord) -> TokenState {
    // The provider did not say when it ends: nobody may invent an end (RFC 6749 section 5.1).
    guard let expiresAt = record.connection.expiresAt else { return .live }
    let remaining = expiresAt.timeIntervalSince(record.now)
    guard remaining <= margin(expiresAt.timeIntervalSince(record.receivedAt)) else { return .live }
    guard record.isRefreshable else { return remaining > 0 ? .live : .ended }
    if record.isLeased { return remaining >= Self.usableDuringRefreshSeconds ? .live : .refreshing }
    if let nextTryAt = record.nextTryAt, nextTryAt > record.now { return remaining > 0 ? .live : .waitUntil(nextTryAt) }
    return .refreshDue
  }

  private func margin(_ lifetime: Double) -> Double { min(marginSeconds, max(lifetime, 0) * Self.maximumMarginPart) }
}
