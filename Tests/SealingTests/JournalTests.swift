import Crypto
import Foundation
import Model
import Testing

@testable import Sealing

@Suite struct JournalTests {
  private let pair = JournalKeyPair.generate()
  private let place = Array("con_1|7".utf8)

  @Test(arguments: [0, 1, 600, 65_536]) func whatIsSealedToThePublicKeyOpensWithThePrivateOne(size: Int) throws {
    let plaintext = RandomText.bytes(size)
    let sealed = try JournalSeal.seal(Secret(plaintext), authenticating: place, to: pair.publicKey)
    #expect(try JournalSeal.open(sealed, authenticating: place, with: pair).expose { $0 } == plaintext)
    #expect(try JournalSeal.seal(Secret(plaintext), authenticating: place, to: pair.publicKey) != sealed)
  }

  @Test func everyBitFlipAndEveryTruncationIsRefused() throws {
    let sealed = try JournalSeal.seal(Secret(counting(from: 0, 20)), authenticating: place, to: pair.publicKey)
    for index in sealed.indices {
      for bit in 0..<8 {
        // X25519 ignores the highest bit of a public key, but the key schedule hashes the bytes as they stand.
        var changed = sealed
        changed[index] ^= 1 << bit
        #expect(throws: JournalError.self) { try JournalSeal.open(changed, authenticating: place, with: pair) }
      }
    }
    for length in 0..<sealed.count {
      #expect(throws: JournalError.self) {
        try JournalSeal.open(Array(sealed.prefix(length)), authenticating: place, with: pair)
      }
    }
  }

  @Test func anotherKeyOrAnotherPlaceIsRefused() throws {
    let sealed = try JournalSeal.seal(Secret([1]), authenticating: place, to: pair.publicKey)
    #expect(throws: JournalError.otherKey) {
      try JournalSeal.open(sealed, authenticating: place, with: .generate())
    }
    #expect(throws: JournalError.cannotOpen) {
      try JournalSeal.open(sealed, authenticating: place + [0], with: pair)
    }
  }

  @Test func bothKeyFilesComeBackAndAreProtected() throws {
    let folder = try TemporaryFolder()
    try pair.write(folder.file("journal.key"))
    try pair.publicKey.write(folder.file("journal.pub"))
    #expect(try folder.mode("journal.key") == 0o600 && folder.mode("journal.pub") == 0o600)
    let publicKey = try JournalPublicKey.load(folder.file("journal.pub"))
    let sealed = try JournalSeal.seal(Secret([9]), authenticating: [], to: publicKey)
    let loaded = try JournalKeyPair.load(folder.file("journal.key"))
    #expect(try JournalSeal.open(sealed, authenticating: [], with: loaded).expose { $0 } == [9])
    #expect(throws: PrivateFileError.self) { try JournalKeyPair.generate().write(folder.file("journal.key")) }
    let text = try String(contentsOfFile: folder.file("journal.pub"), encoding: .utf8)
    #expect(!text.contains("private"))
  }

  @Test func openOrMixedUpKeyFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    try pair.write(folder.file("journal.key"))
    let text = try String(contentsOfFile: folder.file("journal.key"), encoding: .utf8)
    let open = try folder.write(text, "open.key", mode: 0o644)
    #expect(throws: PrivateFileError.self) { try JournalKeyPair.load(open) }
    let foreign = Data(JournalKeyPair.generate().publicKey.rawRepresentation).base64EncodedString()
    let own = Data(pair.publicKey.rawRepresentation).base64EncodedString()
    let mixed = try folder.write(text.replacing(own, with: foreign), "mixed.key")
    #expect(throws: JournalError.invalidKey) { try JournalKeyPair.load(mixed) }
    let damaged = try folder.write("{}", "damaged.key")
    #expect(throws: JournalError.invalidKey) { try JournalKeyPair.load(damaged) }
    #expect(throws: JournalError.invalidKey) { try JournalPublicKey.load(damaged) }
    // Everyone may read a public key, nobody else may exchange it.
    let readable = try folder.write(text, "readable.pub", mode: 0o644)
    #expect(try JournalPublicKey.load(readable) == pair.publicKey)
    let writable = try folder.write(text, "writable.pub", mode: 0o666)
    #expect(throws: PrivateFileError.self) { try JournalPublicKey.load(writable) }
    #expect(throws: JournalError.invalidKey) { try JournalPublicKey(rawRepresentation: [1, 2, 3]) }
  }

  @Test func noDescriptionShowsThePrivateKey() throws {
    var dumped = ""
    dump(pair, to: &dumped)
    dumped += "\(pair)\(String(reflecting: pair))"
    #expect(!dumped.contains("PrivateKey"))
    #expect(!dumped.contains(pair.privateKey.rawRepresentation.base64EncodedString().prefix(8)))
  }
}
