import FoundationEssentials
import Logging
import Model
import PostgreSQL

/// Keeps refreshes within what a provider bears.
struct WeatherService: Sendable {
  let database: PostgresClient
  let store: WeatherStore
  let limit: ProviderWeather.Limit
  let logger: Logger

  /// Asks for a place for one refresh. The last statement of its transaction.
  func admit(
    _ record: ConnectionRecord, _ priority: ProviderWeather.Priority, in transaction: PostgresTransaction
  ) async throws -> ProviderWeather.Admission {
    try await store.change(record.weatherPlace, limit, in: transaction) { [limit] in
      $0.admit(limit, priority, at: $1)
    }
  }

  /// Takes note of a caller who was sent away: what ``admit(_:_:in:)`` wrote down has gone with the lease. Until they are back, the probe of a
  /// storm and the first calls after it are theirs, not the queue's.
  func noteSentAway(_ record: ConnectionRecord) async {
    do {
      try await store.noteCaller(
        at: record.weatherPlace, in: VaultSchema.context(record.organizationId.rawValue))
    } catch {
      logger.warning("a caller who was sent away was not noted", metadata: ["errorType": "\(type(of: error))"])
    }
  }

  /// Takes note of how a refresh ended. The refresh does not depend on it.
  ///
  /// - Parameter failure: nil for new tokens.
  func note(_ record: ConnectionRecord, _ failure: FailRefresh?) async {
    do {
      tell(try await changed(by: failure, record), at: record.weatherPlace)
    } catch {
      logger.warning("the end of a refresh was not counted", metadata: ["errorType": "\(type(of: error))"])
    }
  }

  private func changed(
    by failure: FailRefresh?, _ record: ConnectionRecord
  ) async throws -> (from: ProviderWeather.State, to: ProviderWeather.State) {
    let place = record.weatherPlace
    return try await database.change(in: record.organizationId) { transaction in
      try await store.change(place, limit, in: transaction) { [limit] weather, now in
        let before = weather.state
        switch failure?.sign {
        case .calm?, nil: weather.noteAnswer(limit, at: now)
        case .storm(let retryAfter)?: weather.noteFailure(retryAfter: retryAfter, at: now)
        case .nothing?: break
        }
        return (before, weather.state)
      }
    }
  }

  private func tell(_ change: (from: ProviderWeather.State, to: ProviderWeather.State), at place: String) {
    switch change {
    case (.clear, .storm), (.clearing, .storm):
      logger.warning("a provider does not answer", metadata: ["provider": "\(place)"])
    case (.storm, .clearing): logger.notice("a provider answers again", metadata: ["provider": "\(place)"])
    default: break
    }
  }
}

extension ConnectionRecord {
  private static let customProvider = "custom"

  /// Whose weather counts. Anybody can give a provider of their own any address, so its weather is that organization's alone.
  fileprivate var weatherPlace: String {
    let url = connection.providerUrl
    return connection.provider == Self.customProvider ? "\(organizationId.rawValue) \(url)" : url
  }
}

extension FailRefresh {
  /// What a failure says about the provider.
  fileprivate enum Sign {
    case calm
    /// With the seconds that everyone should wait.
    case storm(retryAfter: Int?)
    /// It says nothing about others, or never reached the provider.
    case nothing
  }

  /// 429 is about one client at the provider, and another's must not wait for it.
  private static let tooManyRequests = "status_429"
  private static let unavailable = "status_503"
  /// Reasons of failures before anything was sent.
  private static let ownReasons: Set<String> = ["lease_too_short", "internal"]

  fileprivate var sign: Sign {
    switch failure {
    case .needsReauthorization, .configError: .calm
    case .outcomeUnknown: .storm(retryAfter: nil)
    case .transient where reason == Self.tooManyRequests || Self.ownReasons.contains(reason): .nothing
    case .transient: .storm(retryAfter: reason == Self.unavailable ? retryAfter : nil)
    }
  }
}
