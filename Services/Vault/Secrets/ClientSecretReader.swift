import Model
import PostgreSQL
import Sealing

/// The live client secrets of an Integration, opened to be used at its provider.
struct ClientSecretReader: Sendable {
  let store: SecretStore
  let records: RecordSealer

  /// The newest secret, and the one before it in case that the provider refuses the newest.
  struct Opened: Sendable {
    var secret: WireSecret
    var versions: ClientSecretVersions
  }

  /// Nil for a public client.
  func live(of integration: IntegrationID, in organization: OrganizationID) async throws -> Opened? {
    let stored = try await store.live(.clientSecret, of: integration.rawValue, in: organization)
    return try await open(stored, integration, organization) { try await records.openText($0, at: $1) }
  }

  func live(
    of integration: IntegrationID, in organization: OrganizationID, with keys: HeldKeys,
    transaction: PostgresTransaction
  ) async throws -> Opened? {
    let stored = try await store.live(
      .clientSecret, of: integration.rawValue, in: organization, transaction: transaction)
    return try await open(stored, integration, organization) { try keys.openText($0, at: $1) }
  }

  /// Opens a value at its place.
  private typealias Opening = @Sendable ([UInt8], RecordAddress) async throws -> Secret<String>

  private func open(
    _ stored: [SealedSecret], _ integration: IntegrationID, _ organization: OrganizationID, by opening: Opening
  ) async throws -> Opened? {
    guard let newest = stored.first else { return nil }
    let secret = try await open(newest, integration, organization, by: opening)
    var previous: VersionedSecret?
    if let older = stored.dropFirst().first {
      do {
        previous = VersionedSecret(
          version: older.version, value: try await open(older, integration, organization, by: opening))
      } catch SealingError.cannotOpen {
        // The newest one opens: nothing depends on this.
        previous = nil
      }
    }
    return Opened(secret: secret, versions: ClientSecretVersions(current: newest.version, previous: previous))
  }

  private func open(
    _ stored: SealedSecret, _ integration: IntegrationID, _ organization: OrganizationID, by opening: Opening
  ) async throws -> WireSecret {
    let address = RecordAddress.secret(
      of: integration.rawValue, kind: .clientSecret, organization: organization.rawValue, version: stored.version)
    return WireSecret(try await opening(stored.sealedValue, address))
  }
}
