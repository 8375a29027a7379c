import FoundationEssentials
import Model
import ServiceKit
import ServiceTokens
import Synchronization
import Testing

private enum SampleApplication: ServiceApplication {
  static let name = ServiceName.policy
  static let peers = [ServiceName.vault]

  struct Configuration {
    var database: Secret<String>
    var limit: Int
  }

  static func configure(_ settings: Settings) throws -> Configuration {
    Configuration(
      database: settings.requiredSecret("database.url", "The database of the policy service."),
      limit: settings.int("sessions.limit", default: 5, in: 1...10, "Sessions per member."))
  }

  static func build(_ configuration: Configuration, _ environment: ServiceEnvironment) async throws
    -> ServiceComposition
  {
    ServiceComposition(router: ServiceRouter(environment))
  }
}

@Suite final class ServiceMainTests {
  private let folder = FileManager.default.temporaryDirectory.path + "/lanyard-main-\(RandomText.base32(bytes: 8))"

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func run(_ arguments: [String], _ environment: [String: String]) async -> (
    code: Int32, out: String, err: String
  ) {
    let texts = Mutex<[StandardStream: String]>([:])
    let code = await ServiceMain.execute(
      SampleApplication.self, arguments: arguments, sources: SettingsSources(environment: environment)
    ) { stream, text in texts.withLock { $0[stream, default: ""] += text } }
    return (code, texts.withLock { $0[.output] ?? "" }, texts.withLock { $0[.error] ?? "" })
  }

  @Test func helpListsEverySetting() async {
    let (code, out, _) = await run(["--help"], [:])
    #expect(code == 0)
    for name in [
      "LANYARD_HTTP_PORT", "LANYARD_VAULT_URL", "LANYARD_DATABASE_URL[_FILE]", "LANYARD_SESSIONS_LIMIT",
      "LANYARD_TLS_CA_FILE", "LANYARD_CONFIG_FILE", "LANYARD_DRAIN_SECONDS", "LANYARD_LOG_LEVEL",
      "LANYARD_SERVICE_KEY_FILE", "LANYARD_SERVICE_KEYS_FILE",
    ] { #expect(out.contains(name), "\(name)") }
    #expect(ServiceMain.settings(of: SampleApplication.self).contains { $0.name == "LANYARD_SESSIONS_LIMIT" })
  }

  @Test func theVersionIsPrinted() async {
    let (code, out, _) = await run(["--version"], [:])
    #expect(code == 0)
    #expect(out == "policy \(LanyardVersion.current)\n")
  }

  @Test func unknownArgumentsAreAUsageError() async {
    #expect(await run(["--hlep"], [:]).code == 64)
    #expect(await run(["--help", "--version"], [:]).code == 64)
  }

  @Test func theConfigurationIsCheckedWithAllItsProblems() async {
    let (code, out, err) = await run(
      ["--check-configuration"],
      [
        "LANYARD_HTTP_PORT": "x", "LANYARD_SESSIONS_LIMIT": "11", "LANYARD_SESION_LIMIT": "1",
        "LANYARD_VAULT_URL": "vault",
      ])
    #expect(code == 78)
    #expect(out == "")
    for problem in [
      "LANYARD_HTTP_PORT must be a whole number", "LANYARD_SESSIONS_LIMIT must be from 1 to 10",
      "LANYARD_DATABASE_URL is missing", "LANYARD_SERVICE_KEY_FILE is missing", "LANYARD_SERVICE_KEYS_FILE is missing",
      "did you mean LANYARD_SESSIONS_LIMIT?", "LANYARD_VAULT_URL must be http(s)://host[:port]",
    ] { #expect(err.contains(problem), "\(problem)") }
  }

  @Test func aWrongConfigurationNeverStarts() async {
    #expect(await run([], [:]).code == 78)
  }

  @Test func theKeyFilesArePartOfTheConfiguration() async throws {
    let key = ServiceKey.generate(for: .policy)
    let (keyFile, keysFile) = ("\(folder)/policy.json", "\(folder)/keys.json")
    try ServiceKeyFile.write(key, to: keyFile)
    try ServiceKeySet([key.publicKey]).write(to: keysFile)
    var environment = [
      "LANYARD_SERVICE_KEY_FILE": keyFile, "LANYARD_SERVICE_KEYS_FILE": keysFile,
      "LANYARD_DATABASE_URL": "postgres:///x",
    ]
    #expect(await run(["--check-configuration"], environment).code == 0)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: keyFile)
    let exposed = await run(["--check-configuration"], environment)
    #expect(exposed.code == 78)
    #expect(exposed.err.contains("chmod 600"))
    let other = "\(folder)/vault.json"
    try ServiceKeyFile.write(.generate(for: .vault), to: other)
    environment["LANYARD_SERVICE_KEY_FILE"] = other
    let wrong = await run(["--check-configuration"], environment)
    #expect(wrong.code == 78)
    #expect(wrong.err.contains("is the key of the vault service"))
  }
}
