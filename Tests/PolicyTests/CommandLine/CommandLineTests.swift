import Foundation
import Model
import PostgreSQL
import Sealing
import ServiceTokens
import TestSupport
import Testing

@testable import PolicyKit

@Suite("The lanyard command")
struct CommandLineTests {
  private let lanyard = Executable(name: "lanyard")

  private func files(_ folder: URL) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      if let data = FileManager.default.contents(atPath: folder.appendingPathComponent(path).path) {
        contents[path] = data
      }
    }
    return contents
  }

  @Test func initMakesAWholeDeploymentForItsUserAlone() async throws {
    try await withTemporaryFolder { folder in
      let directory = folder.appendingPathComponent("deployment")
      let outcome = try await lanyard.run(["init", "--directory", directory.path, "--host", "vault.internal"])
      #expect(outcome.code == 0)
      let expected =
        ["keyring.json", "journal.key", "journal.pub", "service-keys.json", "tls/ca.crt", "tls/ca.key"]
        + DeploymentServices.names.flatMap { ["service-keys/\($0).key", "tls/\($0).crt", "tls/\($0).key"] }
      for path in expected {
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.appendingPathComponent(path).path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(path)")
      }
      let keys = try ServiceKeySet(contentsOf: directory.appendingPathComponent("service-keys.json").path)
      #expect(keys.all.count == 5)
      let policyKey = try ServiceKeyFile.read(directory.appendingPathComponent("service-keys/policy.key").path)
      #expect(keys.key(withId: policyKey.keyId)?.service == .policy)
      _ = try KeyringFile(path: directory.appendingPathComponent("keyring.json").path).load()
      let verified = try await lanyard.run(["keys", "verify", "--keyring", directory.path + "/keyring.json"])
      #expect(verified.code == 0)
      let doctor = try await lanyard.run(["doctor", "--directory", directory.path])
      #expect(doctor.code == 0, "\(doctor.output)")
    }
  }

  @Test func initKeepsWhatExistsAndAddsWhatIsMissing() async throws {
    try await withTemporaryFolder { folder in
      #expect(try await lanyard.run(["init", "--directory", folder.path]).code == 0)
      let before = try files(folder)
      let again = try await lanyard.run(["init", "--directory", folder.path, "--json"])
      #expect(again.code == 0)
      #expect(again.output.contains(#""created":[]"#))
      #expect(try files(folder) == before)
      for path in ["tls/gateway.crt", "tls/gateway.key"] {
        try FileManager.default.removeItem(at: folder.appendingPathComponent(path))
      }
      #expect(try await lanyard.run(["init", "--directory", folder.path]).code == 0)
      let after = try files(folder)
      #expect(after["tls/gateway.crt"] != before["tls/gateway.crt"])
      #expect(after.filter { !$0.key.hasPrefix("tls/gateway") } == before.filter { !$0.key.hasPrefix("tls/gateway") })
    }
  }

  @Test func twoInitsAtOnceAgree() async throws {
    try await withTemporaryFolder { folder in
      async let one = lanyard.run(["init", "--directory", folder.path, "--json"])
      async let two = lanyard.run(["init", "--directory", folder.path, "--json"])
      let outcomes = try await [one, two]
      #expect(outcomes.map(\.code) == [0, 0])
      #expect(outcomes.filter { $0.output.contains(#""created":[]"#) }.count == 1)
      #expect(try await lanyard.run(["doctor", "--directory", folder.path]).code == 0)
    }
  }

  @Test func theDoctorFindsWhatIsWrongAndSaysWhatToDo() async throws {
    try await withTemporaryFolder { folder in
      #expect(try await lanyard.run(["init", "--directory", folder.path]).code == 0)
      let key = folder.appendingPathComponent("service-keys/vault.key").path
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
      try FileManager.default.removeItem(at: folder.appendingPathComponent("keyring.json"))
      let doctor = try await lanyard.run([
        "doctor", "--directory", folder.path, "--url", "http://127.0.0.1:1",
      ])
      #expect(doctor.code == 78)
      let problems = doctor.output.split(separator: "\n").filter { $0.hasPrefix("problem") }
      #expect(problems.count == 3)
      #expect(problems.allSatisfy { $0.contains("To do:") })
    }
  }

  @Test func migrateAppliesEachMigrationOnceHoweverManyRun() async throws {
    let database = try await PolicyDatabase.make(migrated: false)
    try await withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("url").path
      try Data((database.ownerURL + "\n").utf8).write(to: URL(fileURLWithPath: file))
      let arguments = ["migrate", "--service", "policy", "--database-url-file", file, "--json"]
      async let one = lanyard.run(arguments)
      async let two = lanyard.run(arguments)
      let outcomes = try await [one, two]
      #expect(outcomes.map(\.code) == [0, 0], "\(outcomes.map(\.errors))")
      let count = try FileManager.default.contentsOfDirectory(atPath: PolicySchema.migrationsDirectory.path).count
      #expect(try database.superuser("SELECT count(*) FROM schema_migration") == "\(count)\n")
      let third = try await lanyard.run(arguments)
      #expect(third.output == #"{"applied":[],"service":"policy"}"# + "\n")
      let denied = try await lanyard.run([
        "migrate", "--service", "vault", "--database-url", database.applicationURL,
      ])
      #expect(denied.code == 1)
      #expect(!denied.errors.contains(database.applicationURL))
    }
  }

  @Test func organizationsAreMadeAndListed() async throws {
    struct Created: Decodable {
      var organizationId: OrganizationID
      var apiKeyId: APIKeyID
      var apiKey: String
    }
    struct Item: Decodable {
      var organizationId: OrganizationID
      var name: String
    }
    let database = try await PolicyDatabase.make()
    let arguments = ["organizations", "create", "--name", "Acme", "--database-url", database.applicationURL]
    let outcome = try await lanyard.run(arguments)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let created = try WireJSON.decode(Created.self, from: Data(outcome.output.utf8))
    #expect(created.apiKey.hasPrefix("lyk_"))
    let list = try await lanyard.run(["organizations", "list", "--database-url", database.ownerURL, "--json"])
    let items = try WireJSON.decode([Item].self, from: Data(list.output.utf8))
    #expect(items.map(\.organizationId) == [created.organizationId])
    #expect(items.map(\.name) == ["Acme"])
    let fenced = try await lanyard.run(["organizations", "list", "--database-url", database.applicationURL, "--json"])
    #expect(fenced.output == "[]\n")
    let stored = try database.superuser("SELECT encode(token_hash, 'hex') FROM api_key")
    #expect(stored == TokenHash(of: Secret(created.apiKey)).hexadecimal + "\n")
    let byOwner = try await lanyard.run([
      "organizations", "create", "--name", "Second", "--database-url", database.ownerURL,
    ])
    #expect(byOwner.code == 0, "\(byOwner.errors)")
    let unnamed = try await lanyard.run([
      "organizations", "create", "--name", " ", "--database-url", database.applicationURL,
    ])
    #expect(unnamed.code == 1)
  }

  @Test(arguments: [
    ("--version", Int32(0)), ("--help", 0), ("", 0), ("nope", 64), ("init", 64), ("migrate --service policy", 64),
    ("migrate --service nope --database-url x", 64), ("migrate --service policy --database-url x", 78),
    ("keys verify --keyring /nonexistent", 78), ("doctor", 64), ("keys verify", 64),
    ("keys verify --keyring /nonexistent --transit-url https://vault.example", 64),
    ("keys verify --transit-url https://vault.example/", 78),
    ("keys verify --transit-url http://127.0.0.1:1 --transit-token-file /nonexistent", 78),
  ]) func exitCodesSayWhoMustAct(line: String, code: Int32) async throws {
    #expect(try await lanyard.run(line.split(separator: " ").map(String.init)).code == code)
  }
}

/// The services that `lanyard init` provides for.
private enum DeploymentServices {
  static let names = ["vault", "exchanger", "policy", "gateway", "sandbox"]
}
