import Crypto
import Foundation
import Model
import Testing

@testable import Sealing

@Suite struct KeyringTests {
  private static let material = "MDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk8="
  private static let good = """
    {"id":"r-1","alg":"A256GCM","state":"primary","created":"2026-11-01T00:00:00Z","kcv":"38aa130b9af6a3da",\
    "material":"\(material)"}
    """

  private func problems(of text: String) throws -> [String] {
    let folder = try TemporaryFolder()
    let path = try folder.write(text, "keyring.json")
    let error = #expect(throws: KeyringError.self) { try KeyringFile(path: path).load() }
    let problems = error?.problems ?? []
    #expect(!problems.joined().contains(Self.material.prefix(8)), "a problem must not quote key material")
    return problems.map { $0.replacing("\(path): ", with: "") }
  }

  private func problems(ofKeys keys: [String], primary: String = "r-1") throws -> [String] {
    try problems(of: #"{"v":1,"primary":"\#(primary)","keys":[\#(keys.joined(separator: ","))]}"#)
  }

  @Test func aGeneratedKeyringComesBackFromItsFile() throws {
    let folder = try TemporaryFolder()
    let file = try KeyringFile.example(in: folder)
    #expect(try folder.mode("keyring.json") == 0o600)
    #expect(try folder.names == ["keyring.json"], "no temporary file is left")
    try file.update { keyring in
      try keyring.addKey(id: "r-2")
      try keyring.addKey(id: "r-3")
      try keyring.makePrimary("r-2")
      try keyring.retire("r-1")
      try keyring.destroy("r-3")
    }
    #expect(try folder.mode("keyring.json") == 0o600)
    #expect(try folder.names == ["keyring.json"])
    let keyring = try file.load()
    #expect(keyring.primary.id == "r-2")
    #expect(keyring.keys.map(\.state) == [.decryptOnly, .primary, .destroyed])
    #expect(keyring.key("r-3")?.material == nil)
    #expect(keyring.key("r-1")?.material?.bitCount == 256)
    let text = try String(contentsOfFile: file.path, encoding: .utf8)
    #expect(text.contains(#""v":1"#) && text.contains(#""state":"decrypt_only""#))
  }

  @Test func twoGeneratedKeyringsShareNothing() throws {
    let one = try Keyring.generate(keyId: "r-1").primary
    let two = try Keyring.generate(keyId: "r-1").primary
    #expect(one.material != two.material)
    #expect(one.checkValue != two.checkValue)
    #expect(one.checkValue.count == 16)
  }

  @Test func anExistingKeyringIsNeverReplacedByANewOne() throws {
    let folder = try TemporaryFolder()
    let file = try KeyringFile.example(in: folder)
    let before = try file.load().primary.checkValue
    let error = #expect(throws: KeyringError.self) { try file.create(try Keyring.generate(keyId: "r-9")) }
    #expect(error?.problems.first?.contains("exists already") == true)
    #expect(try file.load().primary.checkValue == before)
    #expect(try folder.names == ["keyring.json"])
  }

  @Test func aMissingKeyringIsAProblemAndIsNotCreated() throws {
    let folder = try TemporaryFolder()
    let file = KeyringFile(path: folder.file("keyring.json"))
    let error = #expect(throws: KeyringError.self) { try file.load() }
    #expect(error?.problems.first?.contains("cannot be opened") == true)
    #expect(try folder.names.isEmpty)
  }

  @Test(arguments: [0o640, 0o604, 0o644, 0o660, 0o700, 0o4600]) func aFileThatOthersMayReadIsRefused(mode: Int) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(#"{"v":1,"primary":"r-1","keys":[\#(Self.good)]}"#, "keyring.json", mode: mode)
    let error = #expect(throws: KeyringError.self) { try KeyringFile(path: path).load() }
    #expect(error?.problems.first?.contains("must be 0600") == true)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
  func aFileOfAnotherUserIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(#"{"v":1,"primary":"r-1","keys":[\#(Self.good)]}"#, "keyring.json", mode: 0o640)
    #expect(chown(path, 65_534, 65_534) == 0)
    let error = #expect(throws: KeyringError.self) { try KeyringFile(path: path).load() }
    #expect(error?.problems.count == 2, "mode and owner are both named")
    #expect(error?.problems.last?.contains("belongs to another user") == true)
  }

  @Test func aFolderOrAPipeIsNotAKeyring() throws {
    let folder = try TemporaryFolder()
    #expect(throws: KeyringError.self) { try KeyringFile(path: folder.path).load() }
    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    let error = #expect(throws: KeyringError.self) { try KeyringFile(path: folder.file("pipe")).load() }
    #expect(error?.problems.first?.contains("not a regular file") == true)
  }

  @Test func aLinkIsFollowedAndItsTargetChecked() throws {
    let folder = try TemporaryFolder()
    let text = #"{"v":1,"primary":"r-1","keys":[\#(Self.good)]}"#
    let good = try folder.write(text, "good")
    let open = try folder.write(text, "open", mode: 0o644)
    #expect(symlink(good, folder.file("a")) == 0 && symlink(open, folder.file("b")) == 0)
    #expect(try KeyringFile(path: folder.file("a")).load().primary.id == "r-1")
    #expect(throws: KeyringError.self) { try KeyringFile(path: folder.file("b")).load() }
  }

  @Test func everyProblemIsReportedAtOnce() throws {
    let bad = """
      {"id":"r 2","alg":"none","state":"primary","created":"yesterday","kcv":"00","material":"AAAA"}
      """
    let damaged = """
      {"id":"r-3","alg":"A256GCM","state":"enabled","created":"2026-11-01T00:00:00Z","kcv":"0000000000000000",\
      "material":"\(Self.material)"}
      """
    let found = try problems(of: #"{"v":2,"primary":"r-7","keys":[\#(Self.good),\#(bad),\#(damaged)]}"#)
    let expected = [
      "v must be 1", "keys[1]: id must be", "keys[1]: alg must be A256GCM", "keys[1]: created must be",
      "keys[1]: material must be 32 bytes", "key r-3: material does not match kcv",
      "exactly one key must be in state primary, not 2",
    ]
    for text in expected { #expect(found.contains { $0.hasPrefix(text) }, "\(text) in \(found)") }
    #expect(found.count == expected.count)
  }

  @Test func theKindsOfDamageEachHaveTheirSentence() throws {
    let other = Self.good.replacing("r-1", with: "r-2").replacing("primary", with: "enabled")
    #expect(try problems(ofKeys: [Self.good, other]) == ["keys r-1 and r-2 hold the same material"])
    #expect(try problems(ofKeys: [Self.good], primary: "r-2") == ["primary must name the key that is in state primary"])
    #expect(try problems(ofKeys: []) == ["exactly one key must be in state primary, not 0"])
    #expect(try problems(ofKeys: [Self.good.replacing(#""material""#, with: #""materiel""#)]).count == 1)
    #expect(try problems(ofKeys: [Self.good.replacing(#""kcv":"38aa130b9af6a3da","#, with: "")]).count == 1)
    #expect(try problems(ofKeys: [Self.good.replacing(#""primary""#, with: #""retired""#)]).count == 2)
    let twice = try problems(ofKeys: [Self.good, Self.good.replacing(#""primary""#, with: #""enabled""#)])
    #expect(twice == ["key r-1 is there more than once"])
    let destroyed = Self.good.replacing("r-1", with: "r-2").replacing("primary", with: "destroyed")
    #expect(try problems(ofKeys: [Self.good, destroyed]) == ["key r-2: a destroyed key must have no material"])
  }

  @Test(arguments: [
    "", "null", "[]", "{", "\u{0}", #"{"v":"1"}"#, #"{"v":1,"primary":1,"keys":"no"}"#, #"{"keys":[1]}"#,
  ])
  func textsThatAreNoKeyringAreRefused(text: String) throws {
    #expect(try !problems(of: text).isEmpty)
  }

  @Test func aFileLargerThanAnyKeyringIsRefusedUnread() throws {
    #expect(try problems(of: String(repeating: " ", count: PrivateFile.maximumBytes + 1)).count == 1)
  }

  @Test func onlySensibleChangesOfStateAreAllowed() throws {
    var keyring = try Keyring.generate(keyId: "r-1")
    #expect(throws: KeyringError.self) { try keyring.addKey(id: "r-1") }
    #expect(throws: KeyringError.self) { try keyring.addKey(id: "r 2") }
    #expect(throws: KeyringError.self) { try Keyring.generate(keyId: "") }
    #expect(throws: KeyringError.self) { try keyring.destroy("r-1") }
    #expect(throws: KeyringError.self) { try keyring.retire("r-1") }
    #expect(throws: KeyringError.self) { try keyring.makePrimary("r-2") }
    try keyring.addKey(id: "r-2")
    try keyring.makePrimary("r-2")
    #expect(keyring.key("r-1")?.state == .enabled)
    try keyring.retire("r-1")
    #expect(throws: KeyringError.self) { try keyring.makePrimary("r-1") }
    try keyring.destroy("r-1")
    #expect(throws: KeyringError.self) { try keyring.makePrimary("r-1") }
    #expect(throws: KeyringError.self) { try keyring.retire("r-1") }
    #expect(keyring.primary.id == "r-2")
  }

  @Test func noDescriptionShowsKeyMaterial() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(#"{"v":1,"primary":"r-1","keys":[\#(Self.good)]}"#, "keyring.json")
    let keyring = try KeyringFile(path: path).load()
    var dumped = ""
    dump(keyring, to: &dumped)
    dump(KeyringDocument(keyring), to: &dumped)
    dumped += "\(keyring)\(String(reflecting: keyring))\(keyring.primary)\(KeyringDocument(keyring))"
    #expect(!dumped.contains("MDEyMzQ1"))
    #expect(!dumped.contains("SymmetricKey"))
    #expect(KeyringError(problems: ["x"]).serviceError.code == .sealed)
  }

  @Test func concurrentUpdatesLoseNothing() async throws {
    let folder = try TemporaryFolder()
    let file = try KeyringFile.example(in: folder)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 2...9 { group.addTask { try file.update { try $0.addKey(id: "r-\(index)") } } }
      try await group.waitForAll()
    }
    #expect(try Set(file.load().keys.map(\.id)) == Set((1...9).map { "r-\($0)" }))
  }
}
