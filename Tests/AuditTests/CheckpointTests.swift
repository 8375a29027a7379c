import Crypto
import Foundation
import Model
import ServiceTokens
import TestSupport
import Testing

@testable import Audit

@Suite struct CheckpointTests {
  private func position(_ sequence: Int64, _ byte: UInt8 = 1) -> AuditPosition {
    AuditPosition(sequence: sequence, hash: [UInt8](repeating: byte, count: 32))
  }

  @Test func aSignedPlaceComesBack() throws {
    let folder = try CheckpointFolder()
    try folder.sign([position(7), position(3)], of: .example)
    let set = try folder.read()
    #expect(set.problems.isEmpty && set.count == 2)
    #expect(set.records["org_a"]?.positions == [position(3), position(7)])
  }

  @Test func theSignedTextIsTheDocumentedOne() throws {
    let folder = try CheckpointFolder()
    let time = Date(timeIntervalSince1970: 1_767_225_600)
    let checkpoint = try Checkpoint(of: .example, at: position(7), service: .vault, now: time, by: folder.signer)
    let text = """
      lanyard audit-checkpoint v1
      position
      vault
      org_a
      7
      \(String(repeating: "01", count: 32))
      2026-01-01T00:00:00.000Z
      \(folder.signer.keyId)
      """
    let key = try #require(folder.keys.keySet.key(withId: checkpoint.keyId)).publicKey
    let padded = checkpoint.signature.replacing("-", with: "+").replacing("_", with: "/") + "=="
    #expect(key.isValidSignature(try #require(Data(base64Encoded: padded)), for: Data(text.utf8)))
  }

  @Test(arguments: [
    (#""sequence":7"#, #""sequence":8"#), (#""chain":"org_a""#, #""chain":"org_b""#), ("0101", "0102"),
    (#""kind":"position""#, #""kind":"cut""#), (#""at":"2"#, #""at":"1"#),
  ])
  func aChangedCheckpointIsReported(from: String, to: String) throws {
    let folder = try CheckpointFolder()
    try folder.sign([position(7)], of: .example)
    let name = try #require(FileManager.default.contentsOfDirectory(atPath: folder.path).first)
    let path = "\(folder.path)/\(name)"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let range = try #require(text.range(of: from))
    try text.replacingCharacters(in: range, with: to).write(toFile: path, atomically: true, encoding: .utf8)
    let set = try folder.read()
    #expect(set.count == 0 && set.records.isEmpty)
    #expect(set.problems.count == 1 && set.problems[0].line == 1)
    #expect(set.problems[0].reason.contains("has signed this"))
  }

  @Test func theKeyOfAnotherServiceSignsNothingForThisOne() throws {
    let folder = try CheckpointFolder()
    let stranger = StatementSigner(key: folder.keys.key(of: .gateway))
    let forged = try Checkpoint(of: .example, at: position(7), service: .vault, now: Date(), by: stranger)
    try folder.file().append([forged.line()])
    #expect(try folder.read().problems.count == 1)
    // And what another service says about its own chain is not about ours.
    let other = try Checkpoint(of: .example, at: position(7), service: .gateway, now: Date(), by: stranger)
    try folder.file().append([other.line()])
    #expect(try folder.read().problems.count == 1)
  }

  @Test func aFullFileIsFollowedByTheNextOne() throws {
    let folder = try CheckpointFolder()
    let lines = try (1...40).map {
      try Checkpoint(of: .example, at: position($0), service: .vault, now: Date(), by: folder.signer).line()
    }
    let file = try folder.file(maximumBytes: 5 * lines[0].count)
    for line in lines { try file.append([line]) }
    let files = try folder.lines()
    #expect(files.count >= 8)
    #expect(files.allSatisfy { $0.count <= 5 })
    #expect(try folder.read().records["org_a"]?.positions.map(\.sequence) == Array(1...40))
  }

  @Test func aHalfWrittenLastLineIsNoProblemAndAnyOtherIs() throws {
    let folder = try CheckpointFolder()
    try folder.sign([position(7)], of: .example)
    let name = try #require(FileManager.default.contentsOfDirectory(atPath: folder.path).first)
    let path = "\(folder.path)/\(name)"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try (text + #"{"at":"20"#).write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try folder.read().problems.isEmpty)
    try (text + "{\"at\":\"20\n").write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try folder.read().problems.map(\.line) == [2])
  }

  @Test func aFolderThatCannotBeUsedIsAnError() throws {
    #expect(throws: CheckpointFileError.self) {
      try CheckpointFile(folder: "/dev/null/checkpoints", service: .vault).prepare()
    }
    #expect(throws: CheckpointFileError.self) {
      try CheckpointSet(folders: ["/dev/null/checkpoints"], service: .vault, keys: [])
    }
  }
}
