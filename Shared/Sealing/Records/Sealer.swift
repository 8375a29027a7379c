import Crypto
import FoundationEssentials
public import Model

/// Seals and opens single values under an organization's key.
///
/// Every seal draws a fresh salt and so has its own key: a key encrypts once, which takes the 2^32 limit of random
/// nonces away, and a cloned machine that repeats a nonce does not repeat it under the same key. The commitment, the
/// second half of the derived bytes, is compared before opening: AES-GCM alone lets one ciphertext open under two keys.
///
/// What Swift can promise about memory: derived keys are overwritten when they go, and so is the buffer that AES-GCM
/// opens into. An array inside a ``Secret`` is not, nor are the copies that its users make. Few copies for a short
/// time, not none; ``withOpened(_:at:under:_:)`` leaves the fewest.
public struct Sealer: Sendable {
  public init() {}

  /// Seals a value for one place. Two seals of the same value differ in every random part.
  ///
  /// - Throws: ``SealingError/plaintextTooLarge``, ``SealingError/keyOfAnotherOrganization``.
  public func seal(
    _ plaintext: Secret<[UInt8]>, at address: RecordAddress, under key: OrganizationKey
  ) throws -> [UInt8] {
    try seal(plaintext, at: address, under: key, salt: Self.randomSalt(), nonce: AES.GCM.Nonce())
  }

  /// The same with chosen random parts, for known-answer tests only.
  func seal(
    _ plaintext: Secret<[UInt8]>, at address: RecordAddress, under key: OrganizationKey, salt: [UInt8],
    nonce: AES.GCM.Nonce
  ) throws -> [UInt8] {
    guard key.organizationId == address.organizationId else { throw SealingError.keyOfAnotherOrganization }
    guard plaintext.expose({ $0.count }) <= SealedRecord.maximumPlaintextBytes else {
      throw SealingError.plaintextTooLarge
    }
    let place = address.authenticated(algorithm: SealedRecord.algorithm, organizationKeyVersion: key.version)
    let derived = DerivedKeys(key, salt: salt, place: place)
    let box = try plaintext.expose {
      try AES.GCM.seal($0, using: derived.encryption, nonce: nonce, authenticating: place)
    }
    var stored: [UInt8] = []
    stored.reserveCapacity(SealedRecord.overheadBytes + box.ciphertext.count)
    stored += SealedRecord.magic
    stored.append(SealedRecord.algorithm)
    withUnsafeBytes(of: key.version.bigEndian) { stored += $0 }
    stored += salt
    derived.commitment.withUnsafeBytes { stored += $0 }
    nonce.withUnsafeBytes { stored += $0 }
    stored += box.ciphertext
    stored += box.tag
    return stored
  }

  /// Opens a stored value at its place.
  ///
  /// - Throws: ``SealingError/cannotOpen`` for every reason alike.
  public func open(_ stored: [UInt8], at address: RecordAddress, under key: OrganizationKey) throws -> Secret<[UInt8]> {
    try withOpened(stored, at: address, under: key) { Secret(Array($0)) }
  }

  /// Opens a stored value for the time of `body`, then overwrites it.
  ///
  /// - Parameter body: Must not keep the pointer.
  /// - Throws: ``SealingError/cannotOpen`` for every reason alike, or what `body` throws.
  public func withOpened<Result>(
    _ stored: [UInt8], at address: RecordAddress, under key: OrganizationKey,
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    var plaintext = try opened(stored, address, key)
    defer { plaintext.wipe() }
    return try plaintext.withUnsafeBytes(body)
  }

  /// Eight bytes per call of the generator: on Linux each call is a system call.
  private static func randomSalt() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    let words = SealedRecord.saltBytes / MemoryLayout<UInt64>.size
    return (0..<words).flatMap { _ in withUnsafeBytes(of: generator.next() as UInt64) { Array($0) } }
  }

  private func opened(_ stored: [UInt8], _ address: RecordAddress, _ key: OrganizationKey) throws -> Data {
    guard key.organizationId == address.organizationId,
      SealedRecord.organizationKeyVersion(of: stored) == key.version
    else { throw SealingError.cannotOpen }
    let place = address.authenticated(algorithm: SealedRecord.algorithm, organizationKeyVersion: key.version)
    let derived = DerivedKeys(key, salt: stored[SealedRecord.saltRange], place: place)
    // SymmetricKey compares in constant time.
    let commitment = stored[SealedRecord.commitmentRange].withUnsafeBytes { SymmetricKey(data: $0) }
    guard commitment == derived.commitment else { throw SealingError.cannotOpen }
    do {
      let box = try AES.GCM.SealedBox(combined: stored[SealedRecord.nonceRange.lowerBound...])
      return try AES.GCM.open(box, using: derived.encryption, authenticating: place)
    } catch {
      throw SealingError.cannotOpen
    }
  }
}

/// The two halves of what HKDF gives for one record.
private struct DerivedKeys {
  let encryption: SymmetricKey
  let commitment: SymmetricKey

  private static let label = Array("rk1".utf8)

  init(_ key: OrganizationKey, salt: some DataProtocol, place: [UInt8]) {
    let bytes = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: key.key, salt: salt, info: Self.label + place,
      outputByteCount: SealedRecord.keyBytes + SealedRecord.commitmentBytes)
    (encryption, commitment) = bytes.withUnsafeBytes { memory in
      (
        SymmetricKey(data: UnsafeRawBufferPointer(rebasing: memory[..<SealedRecord.keyBytes])),
        SymmetricKey(data: UnsafeRawBufferPointer(rebasing: memory[SealedRecord.keyBytes...]))
      )
    }
  }
}
