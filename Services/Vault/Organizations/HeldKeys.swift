import Model
import Sealing

/// The keys of one organization that are in memory, to seal and open with inside a transaction: nothing here waits.
///
/// A key that is not there ends the transaction with ``Missing``; ``RecordSealer/transaction(of:on:_:)`` then fetches it and begins again.
struct HeldKeys: Sendable {
  /// What the transaction cannot go on without.
  enum Missing: Error {
    case current
    case version(UInt32)
  }

  private let organization: String
  private let keys: OrganizationKeys
  private let sealer = Sealer()
  /// Fetched for this transaction. They stay, whatever becomes of the memory that all share, so that each is fetched once; nil for one that
  /// does not exist.
  private var versions: [UInt32: OrganizationKey?] = [:]
  private var current: OrganizationKey?

  init(of organization: String, _ keys: OrganizationKeys) {
    self.organization = organization
    self.keys = keys
  }

  /// Fetches what was missing, which may take calls to the database and to the key management. Never inside a transaction.
  mutating func fetch(_ missing: Missing) async throws {
    switch missing {
    case .current: current = try await keys.current(of: organization)
    case .version(let version):
      do {
        versions[version] = .some(try await keys.key(of: organization, version: version))
      } catch SealingError.cannotOpen {
        versions[version] = .some(nil)
      }
    }
  }

  /// Seals under the organization's newest key.
  func seal(_ plaintext: Secret<[UInt8]>, at address: RecordAddress) throws -> [UInt8] {
    guard let key = keys.currentInMemory(of: organization) ?? current else { throw Missing.current }
    return try sealer.seal(plaintext, at: address, under: key)
  }

  func seal(_ text: Secret<String>, at address: RecordAddress) throws -> [UInt8] {
    try seal(Secret(text.expose { Array($0.utf8) }), at: address)
  }

  /// Opens under the key that the value names. Every reason that it does not open gives the same error.
  func open(_ stored: [UInt8], at address: RecordAddress) throws -> Secret<[UInt8]> {
    guard let version = SealedRecord.organizationKeyVersion(of: stored) else { throw SealingError.cannotOpen }
    return try sealer.open(stored, at: address, under: try key(version))
  }

  func openText(_ stored: [UInt8], at address: RecordAddress) throws -> Secret<String> {
    Secret(try open(stored, at: address).expose { String(decoding: $0, as: UTF8.self) })
  }

  /// The same value at the same place under the key of a given version.
  func reseal(_ stored: [UInt8], at address: RecordAddress, under version: UInt32) throws -> [UInt8] {
    try sealer.seal(try open(stored, at: address), at: address, under: try key(version))
  }

  private func key(_ version: UInt32) throws -> OrganizationKey {
    if let fetched = versions[version] {
      guard let fetched else { throw SealingError.cannotOpen }
      return fetched
    }
    guard let key = keys.keyInMemory(version, of: organization) else { throw Missing.version(version) }
    return key
  }
}
