import Foundation
import Model
import Sealing
import Testing

@testable import ExchangerKit

@Suite struct RefreshJournalTests {
  private struct Fixture {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("journal-\(RandomText.base32(bytes: 8))")
    let key = JournalKeyPair.generate()
    let journal: RefreshJournal

    init() throws {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let keyFile = folder.appendingPathComponent("journal.pub").path
      try key.publicKey.write(keyFile)
      journal = try RefreshJournal(directory: folder.appendingPathComponent("entries").path, publicKeyFile: keyFile)
    }

    func bytesOnDisk() throws -> Data {
      let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
      return files.compactMap { $0 as? URL }.compactMap { try? Data(contentsOf: $0) }.reduce(Data(), +)
    }
  }

  private func request(_ fence: Int64) -> CommitRefresh {
    CommitRefresh(
      lease: LeaseReference(
        organizationId: OrganizationID(rawValue: "org_1"), connectionId: ConnectionID(rawValue: "con_1"), fence: fence,
        generation: 3),
      tokens: TokenSet(
        accessToken: WireSecret("canary-access"), refreshToken: WireSecret("canary-refresh"), scopes: nil,
        expiresAt: nil))
  }

  @Test func anEntryIsSealedAndOnlyTheVaultsKeyOpensIt() async throws {
    let fixture = try Fixture()
    try await fixture.journal.append(request(7))
    #expect(try fixture.bytesOnDisk().firstRange(of: Data("canary".utf8)) == nil)
    let entry = try #require(try await fixture.journal.entries().first)
    let sealed = try #require(Data(base64Encoded: entry.sealedTokens))
    let opened = try JournalSeal.open(
      Array(sealed), authenticating: Array(try WireJSON.encode(entry.lease)), with: fixture.key)
    let tokens = try opened.expose { try WireJSON.decode(TokenSet.self, from: Data($0)) }
    #expect(tokens.refreshToken?.secret.expose { $0 } == "canary-refresh")
  }

  @Test func entriesAreReplacedRemovedAndSetAside() async throws {
    let journal = try Fixture().journal
    for fence in [1, 2, 2, 3] as [Int64] { try await journal.append(request(fence)) }
    #expect(try await journal.entries().map(\.lease.fence) == [1, 2, 3])
    try await journal.remove(request(1).lease)
    try await journal.remove(request(1).lease)
    try await journal.setAside(request(2).lease)
    #expect(try await journal.entries().map(\.lease.fence) == [3])
  }
}
