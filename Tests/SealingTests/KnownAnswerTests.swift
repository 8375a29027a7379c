import Crypto
import Foundation
import Model
import Testing

@testable import Sealing

/// Values computed once with another implementation (Python, the `cryptography` package over OpenSSL) from the written
/// format alone. They pin the format: a change here makes stored data unreadable.
@Suite struct KnownAnswerTests {
  struct Vector: Sendable, CustomTestStringConvertible {
    var name: String
    var plaintext: [UInt8]
    var address: RecordAddress
    var version: UInt32
    var keyStart: UInt8
    var saltStart: UInt8
    var nonceStart: UInt8
    var stored: String

    var testDescription: String { name }
  }

  static let vectors = [
    Vector(
      name: "empty", plaintext: [], address: .example.with { $0.recordVersion = 1 }, version: 1, keyStart: 0,
      saltStart: 0x40, nonceStart: 0x80,
      stored: "56310100000001404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
        + "8a5a7fca01650522a54fc29f8914e1eb61da5bf37808c80b2f5a8bf16092429c808182838485868788898a8b"
        + "46cdae21107191d5e5368bbbcd6fd046"),
    Vector(
      name: "text", plaintext: Array("refresh token of a test".utf8), address: .example, version: 2, keyStart: 0,
      saltStart: 0x40, nonceStart: 0x80,
      stored: "56310100000002404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
        + "8680e27ea8b611375010c8c1bdb6ede6012f0481818fd464acc5161414edeca9808182838485868788898a8b"
        + "666b4a9ce5aa9bb0c0c69932c38b9ca1e0325be5309ac49d16cb0dd9c4a823589dd608e799fe16"),
    Vector(
      name: "other letters, large numbers",
      plaintext: Array(#"{"accessToken":"é-token","refreshToken":"ру"}"#.utf8),
      address: RecordAddress(
        organizationId: "org_ü", kind: "secret", recordId: "sec_9", field: "clientSecret",
        recordVersion: (1 << 40) + 5),
      version: 0x0102_0304, keyStart: 0xa0, saltStart: 0x11, nonceStart: 0xc0,
      stored: "563101010203041112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f30"
        + "02c05ed3ea2e6b11d97057169d234121ab8da09d27fd0c0832ba03aceafc08b5c0c1c2c3c4c5c6c7c8c9cacb"
        + "e74d15a786fd8bdcd4f9c9667eec25b136bab06a6a6bb8eae9e4b79868c911d4aade27d04bd90754e16536e5"
        + "666bbb03f16946db2cc757e025a2305643eabda6"),
  ]

  @Test(arguments: vectors) func aRecordIsSealedAndOpenedAsAnotherImplementationDoes(_ vector: Vector) throws {
    let key = OrganizationKey.example(
      organizationId: vector.address.organizationId, version: vector.version, start: vector.keyStart)
    let stored = try Sealer().seal(
      Secret(vector.plaintext), at: vector.address, under: key, salt: counting(from: vector.saltStart, 32),
      nonce: try AES.GCM.Nonce(data: counting(from: vector.nonceStart, 12)))
    #expect(hex(stored) == vector.stored)
    #expect(try Sealer().open(stored, at: vector.address, under: key).expose { $0 } == vector.plaintext)
  }

  @Test func aLongRecordHasTheKnownDigest() throws {
    let stored = try Sealer().seal(
      Secret(counting(from: 0, 4_096)), at: .example, under: .example(), salt: counting(from: 0x40, 32),
      nonce: try AES.GCM.Nonce(data: counting(from: 0x80, 12)))
    #expect(hex(SHA256.hash(data: stored)) == "19db948e7b0ddb9079ebea571522bd23fecc82de109d4b90c54b9714e5d58ea5")
  }

  @Test func aKeyringWrapsAndChecksAsAnotherImplementationDoes() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      """
      {"v":1,"primary":"r-2026-11","keys":[{"id":"r-2026-11","alg":"A256GCM","state":"primary",\
      "created":"2026-11-01T00:00:00Z","kcv":"38aa130b9af6a3da",\
      "material":"MDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk8="}]}
      """, "keyring.json")
    let management = try FileKeyManagement(path: path)
    let wrapped = WrappedOrganizationKey(
      organizationId: "org_a", version: 3,
      wrapped: WrappedKey(
        keyId: "r-2026-11",
        blob: try bytes(
          "010102030405060708090a0b0cc0c17a8a654645764c425159819c89e2752d3996b133e5e768a1e3d0d17377d24be76be42dc374cf"
            + "088f5aa7b1a1bbf0")))
    let key = try await wrapped.unwrap(using: management)
    #expect(key.key == SymmetricKey(data: counting(from: 0x50, 32)))

    let canary = KeyCanary(
      wrapped: WrappedKey(
        keyId: "r-2026-11",
        blob: try bytes(
          "010102030405060708090a0b0c5c224961c35caab3b2f08c6860fafa0f6ba3fc5b09e3b10ffc00c38a08f86fca0003554b6c2affe1"
            + "d8375e03e91fab59")))
    #expect(try await canary.verify(using: management) == .rightKey)
  }

  @Test func aJournalEntryOfAnotherImplementationOpens() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      """
      {"v":1,"alg":"X25519","public":"B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=",\
      "private":"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="}
      """, "journal.key")
    let sealed = try bytes(
      "4a3101aaa8fff703b50b22244fe3b963e899dd295baffce248d3530f3a9a7479ba063002680ebfe7adad49455761dd4676b229e8a8082c1c"
        + "9d740b83aff7612e60edbc274095")
    let opened = try JournalSeal.open(
      sealed, authenticating: Array("con_1".utf8), with: try JournalKeyPair.load(path))
    #expect(opened.expose { String(decoding: $0, as: UTF8.self) } == "token reply")
  }

  private func bytes(_ text: String) throws -> [UInt8] {
    let digits = Array(text)
    return try stride(from: 0, to: digits.count, by: 2).map {
      try #require(UInt8(String(digits[$0...($0 + 1)]), radix: 16))
    }
  }
}
