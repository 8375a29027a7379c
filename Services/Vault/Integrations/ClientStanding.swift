import FoundationEssentials
import Logging
import Model
import PostgreSQL

/// Follows what providers say of Integrations' clients: in requests that went well, in refreshes that did not, and for owners who look.
struct ClientStanding: Sendable {
  let store: ClientStandingStore
  let logger: Logger

  /// While somebody else has the one trial: its answer is not far.
  private static let trialSeconds = 2

  /// Takes note of a verdict beside a request that has had its consequences already. Nothing depends on it.
  func note(
    _ verdict: ClientSecretVerdict?, of client: ClientStandingStore.Client, in occasion: ClientStandingStore.Occasion
  ) async {
    guard let verdict, let accepted = verdict.accepted else { return }
    do {
      try await store.accepted(accepted, of: client, in: occasion)
      if !verdict.refused.isEmpty { try await store.refused(verdict.refused, of: client, in: occasion) }
    } catch {
      logger.warning("the use of a client secret was not noted", metadata: ["errorType": "\(type(of: error))"])
    }
  }

  /// Seconds to wait before a refresh may be tried; nil for now, as always but for a client that its provider refuses: that has one trial at
  /// a time.
  func waitSeconds(
    _ record: ConnectionRecord, leaseSeconds: Int, in transaction: PostgresTransaction
  ) async throws -> Int? {
    guard record.isClientRefused else { return nil }
    let isTaken = try await store.takeTrial(
      record.connection.integrationId, in: record.organizationId, seconds: leaseSeconds, transaction: transaction)
    guard !isTaken else { return nil }
    let left = record.nextTryAt?.timeIntervalSince(record.now) ?? 0
    return max(Int(left.rounded(.up)), Self.trialSeconds)
  }

  /// What owners see of the clients of their Integrations.
  ///
  /// - Throws: `invalid_request` for too many.
  func describe(_ request: DescribeClients, under authority: Authority) async throws -> [ClientDescription] {
    guard request.integrationIds.count <= DescribeClients.maximumIntegrations else {
      throw ServiceError(
        .invalidRequest, "integrationIds must be at most \(DescribeClients.maximumIntegrations).",
        facts: ["fields": ["integrationIds"]])
    }
    for integration in request.integrationIds { try authority.require(integration) }
    return try await store.describe(request.integrationIds, in: authority.organization)
  }
}

extension ConnectionRecord {
  /// Whose client its refreshes are made by.
  var client: ClientStandingStore.Client {
    ClientStandingStore.Client(
      organization: organizationId, integration: connection.integrationId, provider: connection.provider)
  }
}
