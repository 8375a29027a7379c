import Model
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

  /// The same value at the same place under the key of a given version.
  func reseal(_ stored: [UInt8], at address: RecordAddress, under version: UInt32) async throws -> [UInt8] {
    let plaintext = try await open(stored, at: address)
    return try sealer.seal(
      plaintext, at: address, under: try await keys.key(of: address.organizationId, version: version))
  }

  func seal(_ text: Secret<String>, at address: RecordAddress) async throws -> [UInt8] {
    try await seal(Secret(text.expose { Array($0.utf8) }), at: address)
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
