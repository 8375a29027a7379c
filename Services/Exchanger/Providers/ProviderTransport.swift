import Egress
import Foundation
import Model
import Providers

/// Sends requests to providers. The one production implementation goes through the guarded client; tests may put a double here.
protocol ProviderTransport: Sendable {
  /// - Parameter deadline: the time that the whole exchange may take.
  /// - Throws: ``ProviderSilence``.
  func send(_ request: ProviderRequest, within deadline: Duration) async throws -> ProviderReply
  /// Sends a request and reads the head of its answer alone: its body may be a stream without an end.
  func head(_ request: ProviderRequest, within deadline: Duration) async throws -> ProviderHead
  /// Fetches a public document, such as metadata.
  func fetch(_ url: String, within deadline: Duration) async throws -> ProviderReply
}

/// How long we wait for providers.
enum ProviderDeadline {
  /// The whole of one exchange: below the refresh lease, so that a lease outlives its call.
  static let exchange = Duration.seconds(20)
  /// What a second try within one exchange needs: cut off in the middle, it could spend a token without an answer.
  static let leastForAnother = Duration.seconds(5)
  /// What the commit after a refresh needs of the lease.
  static let commitReserve = Duration.seconds(3)
}
