import Crypto
import Foundation
import Model
import Testing

@testable import Sealing

@Suite struct SealedRecordTests {
  private let sealer = Sealer()
  private let key = OrganizationKey.example()

  @Test(arguments: [0, 1, 15, 16, 17, 600, 4_096, SealedRecord.maximumPlaintextBytes])
  func aSealedValueOpensAtItsPlace(size: Int) throws {
    let plaintext = RandomText.bytes(size)
    let stored = try sealer.seal(Secret(plaintext), at: .example, under: key)
    #expect(stored.count == size + 99)
    #expect(SealedRecord.organizationKeyVersion(of: stored) == key.version)
    let opened = try sealer.open(stored, at: .example, under: key)
    #expect(opened.expose { $0 == plaintext })
    let inPlace = try sealer.withOpened(stored, at: .example, under: key) { Array($0) }
    #expect(inPlace == plaintext)
  }

  @Test func theSameValueNeverLooksTheSameTwice() throws {
    let plaintext = Secret(counting(from: 1, 40))
    let all = try (0..<100).map { _ in try sealer.seal(plaintext, at: .example, under: key) }
    #expect(Set(all.map { Array($0[SealedRecord.saltRange]) }).count == 100)
    #expect(Set(all.map { Array($0[SealedRecord.commitmentRange]) }).count == 100)
    #expect(Set(all.map { Array($0[SealedRecord.nonceRange]) }).count == 100)
    #expect(Set(all.map { Array($0.dropFirst(SealedRecord.nonceRange.upperBound)) }).count == 100)
  }

  @Test func aPlaintextAboveTheLimitIsRefused() {
    let plaintext = Secret([UInt8](repeating: 0, count: SealedRecord.maximumPlaintextBytes + 1))
    #expect(throws: SealingError.plaintextTooLarge) { try sealer.seal(plaintext, at: .example, under: key) }
  }

  @Test func aKeyOfAnotherOrganizationDoesNotSeal() {
    let other = OrganizationKey.example(organizationId: "org_b")
    #expect(throws: SealingError.keyOfAnotherOrganization) {
      try sealer.seal(Secret([1]), at: .example, under: other)
    }
  }

  @Test func everySingleBitFlipIsRefused() throws {
    var variants = 0
    var opened = 0
    for size in [0, 1, 16, 100, 600] {
      let stored = try sealer.seal(Secret(RandomText.bytes(size)), at: .example, under: key)
      for index in stored.indices {
        for bit in 0..<8 {
          var changed = stored
          changed[index] ^= 1 << bit
          variants += 1
          do {
            _ = try sealer.open(changed, at: .example, under: key)
            opened += 1
          } catch {
            #expect(error as? SealingError == .cannotOpen)
          }
        }
      }
    }
    #expect(variants >= 5_000)
    #expect(opened == 0)
    print("figure: single-bit flips of stored records: \(variants) variants, \(variants - opened) refused")
  }

  @Test func aRecordIsRefusedAtEveryShorterOrLongerLength() throws {
    let stored = try sealer.seal(Secret(counting(from: 3, 64)), at: .example, under: key)
    for length in 0..<stored.count {
      #expect(throws: SealingError.cannotOpen) {
        try sealer.open(Array(stored.prefix(length)), at: .example, under: key)
      }
    }
    #expect(throws: SealingError.cannotOpen) { try sealer.open(stored + [0], at: .example, under: key) }
    #expect(throws: SealingError.cannotOpen) { try sealer.open([0] + stored, at: .example, under: key) }
  }

  @Test func aCiphertextMovedToAnotherPlaceIsRefused() throws {
    let stored = try sealer.seal(Secret(counting(from: 3, 64)), at: .example, under: key)
    let places: [RecordAddress] = [
      .example.with { $0.kind = "secret" }, .example.with { $0.recordId = "con_2" },
      .example.with { $0.field = "refreshToken" }, .example.with { $0.recordVersion = 6 },
      .example.with { $0.recordVersion = 8 },
    ]
    for place in places {
      #expect(throws: SealingError.cannotOpen) { try sealer.open(stored, at: place, under: key) }
    }
    // Another organization, once with the right key bytes and once with its own key.
    let elsewhere = RecordAddress.example.with { $0.organizationId = "org_b" }
    let sameBytes = OrganizationKey.example(organizationId: "org_b")
    #expect(throws: SealingError.cannotOpen) { try sealer.open(stored, at: elsewhere, under: sameBytes) }
    #expect(throws: SealingError.cannotOpen) { try sealer.open(stored, at: elsewhere, under: key) }
    let ownBytes = OrganizationKey.example(organizationId: "org_b", start: 9)
    #expect(throws: SealingError.cannotOpen) { try sealer.open(stored, at: elsewhere, under: ownBytes) }
  }

  @Test func theBorderBetweenTwoPartsOfAnAddressCannotMove() throws {
    let first = RecordAddress.example.with { ($0.kind, $0.recordId) = ("a", "bc") }
    let second = RecordAddress.example.with { ($0.kind, $0.recordId) = ("ab", "c") }
    let stored = try sealer.seal(Secret([1, 2, 3]), at: first, under: key)
    #expect(throws: SealingError.cannotOpen) { try sealer.open(stored, at: second, under: key) }

    var joined = LengthPrefixed()
    joined.append("a")
    joined.append("bc")
    #expect(joined.bytes == [0, 0, 0, 1, 0x61, 0, 0, 0, 2, 0x62, 0x63])
    var numbers = LengthPrefixed()
    numbers.append(UInt32(0x0102_0304))
    numbers.append(UInt64(5))
    #expect(numbers.bytes == [0, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 5])
  }

  @Test func anotherKeyVersionOrAnotherKeyIsRefused() throws {
    let stored = try sealer.seal(Secret(counting(from: 3, 64)), at: .example, under: key)
    // The same bytes under another version number: only the number differs.
    let renumbered = OrganizationKey.example(version: 3)
    #expect(throws: SealingError.cannotOpen) { try sealer.open(stored, at: .example, under: renumbered) }
    var changed = stored
    changed[SealedRecord.keyVersionRange.upperBound - 1] = 3
    #expect(throws: SealingError.cannotOpen) { try sealer.open(changed, at: .example, under: renumbered) }
    let otherBytes = OrganizationKey.example(start: 1)
    #expect(throws: SealingError.cannotOpen) { try sealer.open(stored, at: .example, under: otherBytes) }
  }

  /// AES-GCM itself would accept this record: only the commitment tells.
  @Test func aRecordWithAForeignCommitmentIsRefusedAlthoughItsCiphertextIsIntact() throws {
    let plaintext = counting(from: 3, 64)
    let stored = try sealer.seal(Secret(plaintext), at: .example, under: key)
    let place = RecordAddress.example.authenticated(algorithm: 1, organizationKeyVersion: key.version)
    let derived = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: key.key, salt: Array(stored[SealedRecord.saltRange]), info: Array("rk1".utf8) + place,
      outputByteCount: 64)
    let encryption = derived.withUnsafeBytes { SymmetricKey(data: Array($0.prefix(32))) }
    var changed = stored
    changed.replaceSubrange(SealedRecord.commitmentRange, with: RandomText.bytes(32))
    let box = try AES.GCM.SealedBox(combined: changed[SealedRecord.nonceRange.lowerBound...])
    #expect(Array(try AES.GCM.open(box, using: encryption, authenticating: place)) == plaintext)
    #expect(throws: SealingError.cannotOpen) { try sealer.open(changed, at: .example, under: key) }
  }

  @Test func aHeaderOfAnotherFormatHasNoKeyVersion() throws {
    let stored = try sealer.seal(Secret([1]), at: .example, under: key)
    #expect(SealedRecord.organizationKeyVersion(of: []) == nil)
    #expect(SealedRecord.organizationKeyVersion(of: Array(stored.prefix(98))) == nil)
    for index in 0..<3 {
      var changed = stored
      changed[index] += 1
      #expect(SealedRecord.organizationKeyVersion(of: changed) == nil)
    }
  }

  @Test func neitherErrorsNorDescriptionsShowAKeyOrAPlaintext() throws {
    let text = "a-very-secret-text"
    let stored = try sealer.seal(Secret(Array(text.utf8)), at: .example, under: key)
    let opened = try sealer.open(stored, at: .example, under: key)
    var dumped = ""
    dump(opened, to: &dumped)
    dump(key, to: &dumped)
    dumped += "\(opened)\(key)\(String(reflecting: opened))\(String(reflecting: key))"
    dumped += "\(SealingError.cannotOpen)\(SealingError.cannotOpen.serviceError)"
    #expect(!dumped.contains(text))
    #expect(!dumped.contains("000102030405"))
    #expect(!dumped.contains("SymmetricKey"))
    #expect(SealingError.cannotOpen.serviceError.code == .internalError)
  }
}
