import Foundation
import Model
import VaultKit

/// Which Connections are made, in which order.
struct SeedPlan: Sendable {
  var asking: [UserID]
  var applications: Int
  var applicationPrefix: String
  var connections: Int
  /// The one of Connection `n` is line `n`; nil for Connections that live and are never refreshed.
  var refreshTokens: [String]?

  /// Rows of one statement: about half a megabyte.
  private static let batch = 1_000
  /// Statements on their way: one per processor seals while another one is stored.
  private static let batchesInFlight = 4
  /// Ten days: longer than any benchmark.
  private static let liveSeconds = 864_000.0
  /// A minute ago.
  private static let expiredSeconds = -60.0
  /// Random bytes of a made-up token, which gives 103 characters: what opaque tokens of providers have.
  private static let tokenBytes = 64

  /// Makes all rows, batch by batch.
  func carryOut(_ insert: @escaping @Sendable ([ConnectionSeeding.Row]) async throws -> Void) async throws {
    let users = self.users
    try await withThrowingTaskGroup(of: Void.self) { group in
      var started = 0
      for start in stride(from: 0, to: connections, by: Self.batch) {
        if started >= Self.batchesInFlight { try await group.next() }
        group.addTask {
          try await insert((start..<min(start + Self.batch, connections)).map { row($0, of: users) })
        }
        started += 1
      }
      try await group.waitForAll()
    }
  }

  /// Those who ask, evenly among those who only fill.
  private var users: [UserID] {
    let count = max((connections + applications - 1) / applications, asking.count)
    let distance = count / max(asking.count, 1)
    return (0..<count).map { index in
      let place = index / max(distance, 1)
      return index % max(distance, 1) == 0 && place < asking.count ? asking[place] : UserID.random()
    }
  }

  /// All users' first Applications, then all users' second ones: a user's Connections come at different times.
  private func row(_ index: Int, of users: [UserID]) -> ConnectionSeeding.Row {
    ConnectionSeeding.Row(
      user: users[index % users.count], application: "\(applicationPrefix)-\(index / users.count)",
      accessToken: Secret("at_\(RandomText.base64URL(bytes: Self.tokenBytes))"),
      refreshToken: Secret(refreshTokens?[index] ?? "rt_\(RandomText.base64URL(bytes: Self.tokenBytes))"),
      expiresAt: Date(timeIntervalSinceNow: refreshTokens == nil ? Self.liveSeconds : Self.expiredSeconds))
  }
}
