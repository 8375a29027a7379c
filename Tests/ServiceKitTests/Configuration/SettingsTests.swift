import FoundationEssentials
import Model
import ServiceKit
import Testing

@Suite struct SettingsTests {
  private enum Colour: String, CaseIterable { case red, green }

  private func settings(_ environment: [String: String], file: String? = nil) -> Settings {
    var environment = environment
    if file != nil { environment["LANYARD_CONFIG_FILE"] = "settings.json" }
    return Settings(SettingsSources(environment: environment) { _ in file.map { Data($0.utf8) } })
  }

  private func problems(_ settings: Settings) -> [String] {
    do {
      try settings.finish()
      return []
    } catch { return (error as? ConfigurationError)?.problems ?? ["\(error)"] }
  }

  @Test func everyProblemIsReportedAtOnce() {
    let settings = settings([
      "LANYARD_HTTP_PORT": "many", "LANYARD_COLOUR": "blue", "LANYARD_LIMIT": "11", "LANYARD_SWITCH": "perhaps",
      "LANYARD_HTTP_PROT": "1", "LANYARD_ENTIRELY_ELSEWHERE": "1",
    ])
    _ = settings.int("http.port", default: 7_001, in: 0...65_535, "The port.")
    _ = settings.choice("colour", default: Colour.red, "The colour.")
    _ = settings.int("limit", default: 5, in: 1...10, "The limit.")
    _ = settings.bool("switch", default: false, "The switch.")
    _ = settings.requiredString("name", "The name.")
    _ = settings.requiredSecret("database.url", "The database.")
    settings.problem("two things exclude each other")
    #expect(
      problems(settings) == [
        "LANYARD_HTTP_PORT must be a whole number", "LANYARD_COLOUR must be one of red, green",
        "LANYARD_LIMIT must be from 1 to 10", "LANYARD_SWITCH must be true or false", "LANYARD_NAME is missing",
        "LANYARD_DATABASE_URL is missing", "two things exclude each other",
        "LANYARD_ENTIRELY_ELSEWHERE is not a setting of this service",
        "LANYARD_HTTP_PROT is not a setting of this service; did you mean LANYARD_HTTP_PORT?",
      ])
  }

  @Test func valuesAreReadFromTheEnvironmentBeforeTheFile() {
    let settings = settings(
      ["LANYARD_HTTP_PORT": "1", "LANYARD_NAMES": "a, b,,c"],
      file: #"{"http":{"port":2,"idleSeconds":3},"fast":true,"colour":"green"}"#)
    #expect(settings.int("http.port", default: 9, in: 0...9, "") == 1)
    #expect(settings.seconds("http.idleSeconds", default: 9, in: 0...9, "") == .seconds(3))
    #expect(settings.bool("fast", default: false, ""))
    #expect(settings.list("names", "") == ["a", "b", "c"])
    #expect(settings.choice("colour", default: Colour.red, "") == .green)
    #expect(settings.string("absent", default: "x", "") == "x")
    #expect(problems(settings) == [])
  }

  @Test func anEmptyVariableCountsAsNotSet() {
    let settings = settings(["LANYARD_HTTP_PORT": ""])
    #expect(settings.int("http.port", default: 9, in: 0...9, "") == 9)
    #expect(problems(settings) == [])
  }

  @Test func aWrongTypeInTheFileIsAProblemAndNotTheDefault() {
    let settings = settings([:], file: #"{"http":{"port":"7001"},"name":5,"extra":{"deep":1}}"#)
    _ = settings.int("http.port", default: 9, in: 0...9, "")
    _ = settings.string("name", default: "x", "")
    #expect(
      problems(settings) == [
        "LANYARD_HTTP_PORT must be a whole number", "LANYARD_NAME must be a text",
        "extra.deep is not a setting of this service",
      ])
  }

  @Test(arguments: ["[]", "{", "5", ""])
  func aFileThatIsNoObjectIsAProblem(text: String) {
    #expect(problems(settings([:], file: text)).count == 1)
  }

  @Test func aMissingFileIsAProblem() {
    let settings = Settings(SettingsSources(environment: ["LANYARD_CONFIG_FILE": "/nowhere"]) { _ in nil })
    #expect(problems(settings) == ["LANYARD_CONFIG_FILE names /nowhere, which cannot be read"])
  }

  @Test func aSecretComesFromItsFileWithoutTheLineEnd() throws {
    let path = FileManager.default.temporaryDirectory.path + "/lanyard-secret-\(RandomText.base32(bytes: 8))"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("from the file\r\n".utf8).write(to: URL(filePath: path))
    let settings = settings(["LANYARD_DATABASE_URL_FILE": path, "LANYARD_OTHER": "inline"])
    #expect(settings.requiredSecret("database.url", "").expose { $0 } == "from the file")
    #expect(settings.optionalSecret("other", "")?.expose { $0 } == "inline")
    #expect(settings.optionalSecret("third", "") == nil)
    #expect(problems(settings) == [])
  }

  @Test func problemsNeverShowASecret() {
    let settings = settings([
      "LANYARD_DATABASE_URL": "canary-value", "LANYARD_DATABASE_URL_FILE": "/nowhere", "LANYARD_OTHER_FILE": "/nowhere",
    ])
    _ = settings.requiredSecret("database.url", "")
    _ = settings.requiredSecret("other", "")
    let found = problems(settings)
    #expect(
      found == [
        "LANYARD_DATABASE_URL and LANYARD_DATABASE_URL_FILE exclude each other",
        "LANYARD_DATABASE_URL_FILE names /nowhere, which cannot be read",
        "LANYARD_OTHER_FILE names /nowhere, which cannot be read",
      ])
    #expect(!found.joined().contains("canary"))
  }

  @Test func everySettingDescribesItself() {
    let settings = settings([:])
    _ = settings.seconds("drainSeconds", default: 20, in: 1...600, "How long.")
    _ = settings.requiredSecret("database.url", "Where.")
    #expect(
      settings.descriptions.map(\.name) == [
        "LANYARD_CONFIG_FILE", "LANYARD_DRAIN_SECONDS", "LANYARD_DATABASE_URL",
      ])
    #expect(settings.descriptions[1].form == "integer from 1 to 600, in seconds, default 20")
    #expect(settings.descriptions[2].form == "text, required")
    #expect(settings.descriptions.helpText.contains("LANYARD_DATABASE_URL[_FILE]"))
    #expect(
      settings.descriptions.markdownTable.contains(
        "| `LANYARD_DRAIN_SECONDS` | `drainSeconds` | integer from 1 to 600, in seconds, default 20 | How long. |"))
  }
}

@Suite struct ServiceSettingsTests {
  private func read(
    _ variables: [String: String], exposure: ServiceExposure = .internal, peers: [ServiceName] = [.vault]
  ) -> (ServiceSettings, [String]) {
    let keys = ["LANYARD_SERVICE_KEY_FILE": "key", "LANYARD_SERVICE_KEYS_FILE": "keys"]
    let settings = Settings(SettingsSources(environment: keys.merging(variables) { _, new in new }))
    let common = ServiceSettings(settings, service: .policy, exposure: exposure, peers: peers)
    do {
      try settings.finish()
      return (common, [])
    } catch { return (common, (error as? ConfigurationError)?.problems ?? []) }
  }

  @Test func theDefaultsListenOnThisMachineOnly() {
    let (settings, problems) = read([:])
    #expect(problems == [])
    #expect(settings.host == "127.0.0.1")
    #expect(settings.port == 7_003)
    #expect(settings.metricsPort == 7_103)
    #expect(settings.drain == .seconds(20))
    #expect(settings.idleTimeout == .seconds(60))
    #expect(settings.maximumBodyBytes == 1_048_576)
    #expect(settings.peers[.vault]?.map(\.origin) == ["http://127.0.0.1:7001"])
  }

  @Test func severalReplicasAreReadInOrder() {
    let (settings, problems) = read([
      "LANYARD_VAULT_URL": "https://vault-1:7001,https://vault-2:7001/, https://[fd00::1]:7001",
      "LANYARD_TLS_CA_FILE": "ca.pem",
    ])
    #expect(problems == [])
    #expect(
      settings.peers[.vault]?.map(\.origin) == [
        "https://vault-1:7001", "https://vault-2:7001", "https://[fd00::1]:7001",
      ])
  }

  @Test func callsDoNotLeaveTheMachineWithoutTLS() {
    #expect(read(["LANYARD_VAULT_URL": "http://vault:7001"]).1.count == 1)
    #expect(
      read(["LANYARD_VAULT_URL": "https://vault:7001"]).1 == [
        "LANYARD_VAULT_URL uses https: set LANYARD_TLS_CA_FILE"
      ])
    #expect(read(["LANYARD_HTTP_HOST": "0.0.0.0"]).1.count == 1)
    #expect(read(["LANYARD_HTTP_HOST": "0.0.0.0"], exposure: .public).1 == [])
    #expect(
      read(["LANYARD_TLS_KEY_FILE": "key.pem"]).1 == [
        "LANYARD_TLS_CERTIFICATE_FILE and LANYARD_TLS_KEY_FILE belong together"
      ])
  }

  @Test(arguments: [
    "vault", "ftp://vault", "http://127.0.0.1:7001/path", "http://user@127.0.0.1", "http://", "http://127.0.0.1?x=1",
  ])
  func anAddressIsSchemeHostAndPort(text: String) {
    #expect(PeerAddress(text) == nil)
    #expect(!read(["LANYARD_VAULT_URL": text]).1.isEmpty)
  }

  @Test func aStandaloneServiceNeedsNoKeys() {
    let settings = Settings(SettingsSources(environment: [:]))
    _ = ServiceSettings(settings, service: .sandbox, exposure: .standalone, peers: [])
    #expect(throws: Never.self) { try settings.finish() }
  }
}
