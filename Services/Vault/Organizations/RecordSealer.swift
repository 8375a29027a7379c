import Model
import PostgreSQL
import Sealing

/// Seals and opens values of an organization's records.
struct RecordSealer: Sendable {
  let keys: OrganizationKeys
  private let sealer = Sealer()

  init(keys: OrganizationKeys) { self.keys = keys }

  /// Seals under the organization's newest key.
  func seal(_ plaintext: Secret<[UInt8]>, at address: RecordAddress) async throws -> [UInt8] {
    try sealer.seal(plaintext, at: address, under: try await keys.current(of: address.organizationId))
  }

  /// Opens under the key that the value names. Every reason that it does not open gives the same error.
  func open(_ stored: [UInt8], at address: RecordAddress) async throws -> Secret<[UInt8]> {
    guard let version = SealedRecord.organizationKeyVersion(of: stored) else { throw SealingError.cannotOpen }
    return try sealer.open(stored, at: address, under: try await keys.key(of: address.organizationId, version: version))
  }

  /// Runs a transaction within an organization that seals or opens values of it with keys that are in memory.
  ///
  /// The key management may be far away, and locks and connections are for everyone. So a transaction that needs a key which is not in memory
  /// is taken back, and begins again when the key has come. So does one that has lost a race, see `PostgresClient.change`.
  nonisolated(nonsending) func transaction<Result>(
    of organization: OrganizationID, on database: PostgresClient,
    _ body: nonisolated(nonsending) (PostgresTransaction, HeldKeys) async throws -> Result
  ) async throws -> Result {
    var held = HeldKeys(of: organization.rawValue, keys)
    while true {
      do {
        let now = held
        return try await database.change(in: organization) { transaction in try await body(transaction, now) }
      } catch let missing as HeldKeys.Missing {
        try await held.fetch(missing)
      }
    }
  }

  func openText(_ stored: [UInt8], at address: RecordAddress) async throws -> Secret<String> {
    Secret(try await open(stored, at: address).expose { String(decoding: $0, as: UTF8.self) })
  }
}

/// Where the vault's sealed values live. One line per kind of value.
extension RecordAddress {
  /// The tokens of a Connection; its generation counts their writes.
  static func tokens(of connection: String, organization: String, generation: Int64) -> RecordAddress {
    RecordAddress(
      organizationId: organization, kind: "connection", recordId: connection, field: "tokens",
      recordVersion: UInt64(generation))
  }

  /// One version of a client secret or static token.
  static func secret(
    of owner: String, kind: OrganizationSecretKind, organization: String, version: Int64
  ) -> RecordAddress {
    RecordAddress(
      organizationId: organization, kind: kind.rawValue, recordId: owner, field: "value",
      recordVersion: UInt64(version))
  }

  /// One trip of a flow to the provider.
  static func transaction(of flow: String, organization: String, number: Int64) -> RecordAddress {
    RecordAddress(
      organizationId: organization, kind: "flow", recordId: flow, field: "transaction", recordVersion: UInt64(number))
  }
}
