import FoundationEssentials
import Model
import ServiceTokens
import Testing

@Suite final class ServiceKeyTests {
  let folder = FileManager.default.temporaryDirectory.path + "/lanyard-keys-\(RandomText.base32(bytes: 8))"

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  @Test func aKeySurvivesItsFile() throws {
    let key = ServiceKey.generate(for: .vault)
    let path = "\(folder)/vault.json"
    try ServiceKeyFile.write(key, to: path)
    let read = try ServiceKeyFile.read(path)
    #expect(read.keyId == key.keyId)
    #expect(read.service == .vault)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? UInt
    #expect(mode.map { $0 & 0o777 } == 0o600)
    // What it signs is what the other pinned.
    let token = try ServiceTokenIssuer(key: read).token(for: .policy)
    let verifier = ServiceTokenVerifier(audience: .policy, keys: try ServiceKeySet([key.publicKey]))
    #expect(try verifier.verify(token) == .vault)
  }

  @Test(arguments: [0o640, 0o604, 0o660, 0o644, 0o666, 0o610, 0o777])
  func aKeyThatOthersCanReachIsRefused(mode: Int) throws {
    let path = "\(folder)/key-\(mode).json"
    try ServiceKeyFile.write(.generate(for: .vault), to: path)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    #expect(throws: ServiceKeyProblem.exposed(path, mode: String(mode, radix: 8))) { try ServiceKeyFile.read(path) }
  }

  @Test func aKeyFileIsNeverReplaced() throws {
    let path = "\(folder)/key.json"
    let key = ServiceKey.generate(for: .vault)
    try ServiceKeyFile.write(key, to: path)
    #expect(throws: ServiceKeyProblem.exists(path)) { try ServiceKeyFile.write(.generate(for: .vault), to: path) }
    #expect(try ServiceKeyFile.read(path).keyId == key.keyId)
  }

  @Test func aMissingOrBrokenKeyFileIsNamed() throws {
    let missing = "\(folder)/missing.json"
    #expect(throws: ServiceKeyProblem.unreadable(missing)) { try ServiceKeyFile.read(missing) }
    #expect(throws: ServiceKeyProblem.unreadable(folder)) { try ServiceKeyFile.read(folder) }
    let broken = "\(folder)/broken.json"
    _ = FileManager.default.createFile(
      atPath: broken, contents: Data("{}".utf8), attributes: [.posixPermissions: 0o600])
    #expect(throws: ServiceKeyProblem.malformedKeyFile(broken)) { try ServiceKeyFile.read(broken) }
  }

  @Test func aKeySetSurvivesItsFileWithSeveralKeysPerService() throws {
    let keys = [ServiceKey.generate(for: .vault), .generate(for: .vault), .generate(for: .policy)]
    let path = "\(folder)/keys.json"
    try ServiceKeySet(keys.map(\.publicKey)).write(to: path)
    let read = try ServiceKeySet(contentsOf: path)
    #expect(Set(read.all.map(\.keyId)) == Set(keys.map(\.keyId)))
    #expect(read.covers(.vault))
    #expect(!read.covers(.gateway))
    for key in keys where key.service == .vault {
      let verifier = ServiceTokenVerifier(audience: .policy, keys: read)
      #expect(try verifier.verify(ServiceTokenIssuer(key: key).token(for: .policy)) == .vault)
    }
  }

  @Test func aBrokenKeySetIsRefused() throws {
    let key = ServiceKey.generate(for: .vault).publicKey
    #expect(throws: ServiceKeyProblem.duplicateKeyId(key.keyId)) { try ServiceKeySet([key, key]) }
    #expect(throws: ServiceKeyProblem.malformedKeySet) { try ServiceKeySet(json: Data("[]".utf8)) }
    let short = Data(#"{"keys":[{"service":"vault","kid":"a","publicKey":"AAAA"}]}"#.utf8)
    #expect(throws: ServiceKeyProblem.malformedPublicKey("a")) { try ServiceKeySet(json: short) }
    let stranger = Data(#"{"keys":[{"service":"other","kid":"a","publicKey":"AAAA"}]}"#.utf8)
    #expect(throws: ServiceKeyProblem.malformedKeySet) { try ServiceKeySet(json: stranger) }
  }

  @Test func aKeyNeverShowsItself() throws {
    let key = ServiceKey.generate(for: .vault)
    let path = "\(folder)/shown.json"
    try ServiceKeyFile.write(key, to: path)
    let data = try #require(FileManager.default.contents(atPath: path))
    let secret = try #require(WireJSON.decode([String: String].self, from: data)["privateKey"])
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped] { #expect(!text.contains(secret)) }
    #expect("\(key)" == "ServiceKey(\(key.keyId))")
  }
}
