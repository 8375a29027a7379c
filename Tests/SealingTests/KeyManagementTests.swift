import Crypto
import Foundation
import Model
import Testing

@testable import Sealing

@Suite struct KeyManagementTests {
  @Test func aWrappedKeyUnwrapsOnlyWithTheSameBytesBeside() async throws {
    let folder = try TemporaryFolder()
    let management = try FileKeyManagement(path: try KeyringFile.example(in: folder).path)
    let key = SymmetricKey(size: .bits256)
    let wrapped = try management.wrap(key, authenticating: [1, 2])
    #expect(wrapped.keyId == "r-1")
    #expect(try await management.unwrap(wrapped, authenticating: [1, 2]) == key)
    await #expect(throws: KeyManagementError.refused(id: "r-1")) {
      try await management.unwrap(wrapped, authenticating: [1, 3])
    }
    #expect(management.describe() == KeyManagementDescription(providerId: "file", primaryKeyId: "r-1"))
    try await management.health()
  }

  @Test func everyDamagedBlobIsRefused() async throws {
    let folder = try TemporaryFolder()
    let management = try FileKeyManagement(path: try KeyringFile.example(in: folder).path)
    let wrapped = try management.wrap(SymmetricKey(size: .bits256), authenticating: [])
    for index in wrapped.blob.indices {
      for bit in 0..<8 {
        var changed = wrapped
        changed.blob[index] ^= 1 << bit
        await #expect(throws: KeyManagementError.refused(id: "r-1")) {
          try await management.unwrap(changed, authenticating: [])
        }
      }
    }
    for length in 0..<wrapped.blob.count {
      let changed = WrappedKey(keyId: "r-1", blob: Array(wrapped.blob.prefix(length)))
      await #expect(throws: KeyManagementError.refused(id: "r-1")) {
        try await management.unwrap(changed, authenticating: [])
      }
    }
  }

  @Test func onlyKeysOf256BitsAreWrapped() throws {
    let folder = try TemporaryFolder()
    let management = try FileKeyManagement(path: try KeyringFile.example(in: folder).path)
    #expect(throws: KeyManagementError.wrongKeySize) {
      try management.wrap(SymmetricKey(size: .bits128), authenticating: [])
    }
  }

  @Test func aKeyAddedToTheFileIsFoundWithoutARestart() async throws {
    let folder = try TemporaryFolder()
    let file = try KeyringFile.example(in: folder)
    let clock = ManualClock()
    let old = try FileKeyManagement(path: file.path, now: { clock.now })
    try file.update { keyring in
      try keyring.addKey(id: "r-2")
      try keyring.makePrimary("r-2")
    }
    let key = SymmetricKey(size: .bits256)
    let wrapped = try FileKeyManagement(path: file.path).wrap(key, authenticating: [])
    #expect(wrapped.keyId == "r-2")

    // Within a second of the last reading the file is left alone, and the error says "try again".
    let early = await #expect(throws: KeyManagementError.self) {
      try await old.unwrap(wrapped, authenticating: [])
    }
    #expect(early == .unknownKey(id: "r-2") && early?.isRetryable == true)
    #expect(early?.serviceError.code == .unavailable && early?.serviceError.retryAfter == 1)

    clock.advance(by: FileKeyManagement.minimumReloadInterval)
    #expect(try await old.unwrap(wrapped, authenticating: []) == key)
    #expect(old.describe().primaryKeyId == "r-2")
  }

  @Test func callersThatMeetAnUnknownKeyTogetherShareOneReading() async throws {
    let folder = try TemporaryFolder()
    let file = try KeyringFile.example(in: folder)
    let clock = ManualClock()
    let management = try FileKeyManagement(path: file.path, now: { clock.now })
    try file.update { keyring in
      try keyring.addKey(id: "r-2")
      try keyring.makePrimary("r-2")
    }
    let wrapped = try FileKeyManagement(path: file.path).wrap(SymmetricKey(size: .bits256), authenticating: [])
    clock.advance(by: .seconds(1))
    // The clock stands still: a second reading would be refused, so all must have found the first one's result.
    let found = try await withThrowingTaskGroup(of: SymmetricKey.self) { group in
      for _ in 0..<50 { group.addTask { try await management.unwrap(wrapped, authenticating: []) } }
      return try await group.reduce(into: 0) { count, _ in count += 1 }
    }
    #expect(found == 50)
  }

  @Test func aKeyringThatBreaksLaterLeavesTheKeysInUse() async throws {
    let folder = try TemporaryFolder()
    let file = try KeyringFile.example(in: folder)
    let clock = ManualClock()
    let management = try FileKeyManagement(path: file.path, now: { clock.now })
    let wrapped = try management.wrap(SymmetricKey(size: .bits256), authenticating: [])
    _ = try folder.write("damaged", "keyring.json")
    clock.advance(by: .seconds(5))
    let unknown = WrappedKey(keyId: "r-2", blob: wrapped.blob)
    await #expect(throws: KeyManagementError.unavailable) {
      try await management.unwrap(unknown, authenticating: [])
    }
    await #expect(throws: KeyringError.self) { try await management.reload() }
    _ = try await management.unwrap(wrapped, authenticating: [])
    try await management.health()
  }

  @Test func aDestroyedKeyIsGoneForGood() async throws {
    let folder = try TemporaryFolder()
    let file = try KeyringFile.example(in: folder)
    let management = try FileKeyManagement(path: file.path)
    let wrapped = try management.wrap(SymmetricKey(size: .bits256), authenticating: [])
    await #expect(throws: KeyManagementError.self) { try await management.destroy("r-1") }
    try file.update { keyring in
      try keyring.addKey(id: "r-2")
      try keyring.makePrimary("r-2")
    }
    try await management.reload()
    try await management.destroy("r-1")
    let error = await #expect(throws: KeyManagementError.self) {
      try await management.unwrap(wrapped, authenticating: [])
    }
    #expect(error == .keyDestroyed(id: "r-1") && error?.isRetryable == false)
    #expect(try file.load().key("r-1")?.state == .destroyed)
  }

  @Test func aRetiredKeyStillUnwraps() async throws {
    let folder = try TemporaryFolder()
    let file = try KeyringFile.example(in: folder)
    let management = try FileKeyManagement(path: file.path)
    let key = SymmetricKey(size: .bits256)
    let wrapped = try management.wrap(key, authenticating: [])
    try file.update { keyring in
      try keyring.addKey(id: "r-2")
      try keyring.makePrimary("r-2")
      try keyring.retire("r-1")
    }
    try await management.reload()
    #expect(try await management.unwrap(wrapped, authenticating: []) == key)
    #expect(try management.wrap(key, authenticating: []).keyId == "r-2")
  }

  @Test func theCanaryTellsTheRightRootKeyFromAMissingAndAWrongOne() async throws {
    let folder = try TemporaryFolder()
    let right = try FileKeyManagement(path: try KeyringFile.example(in: folder).path)
    let canary = try await KeyCanary.make(using: right)
    #expect(try await canary.verify(using: right) == .rightKey)

    let sameName = try TemporaryFolder()
    let wrong = try FileKeyManagement(path: try KeyringFile.example(in: sameName).path)
    #expect(try await canary.verify(using: wrong) == .wrongKey(id: "r-1"))

    let otherName = try TemporaryFolder()
    let missing = try FileKeyManagement(path: try KeyringFile.example(in: otherName, keyId: "r-9").path)
    #expect(try await canary.verify(using: missing) == .missingKey(id: "r-1"))

    // A key that the right root key wrapped for another purpose is no canary.
    let foreign = KeyCanary(wrapped: try right.wrap(SymmetricKey(size: .bits256), authenticating: []))
    #expect(try await foreign.verify(using: right) == .wrongKey(id: "r-1"))
  }
}
