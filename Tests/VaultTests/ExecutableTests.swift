import AsyncHTTPClient
import Foundation
import Logging
import Model
import NIOCore
import ServiceKit
import ServiceTokens
import TestSupport
import Testing

@testable import VaultKit

/// The real executable, alone, with a real database.
@Suite struct ExecutableTests {
  private struct Run {
    var status: Int32
    var output: String
  }

  private static var executable: URL {
    // Beside the test bundle, wherever that was built.
    Bundle.allBundles.map(\.bundleURL).filter { $0.pathExtension == "xctest" }
      .map { $0.deletingLastPathComponent().appendingPathComponent("vault") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
      ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("vault")
  }

  private func process(_ variables: [String: String], _ arguments: [String] = []) -> (Process, Pipe) {
    let process = Process()
    process.executableURL = Self.executable
    process.arguments = arguments
    process.environment = variables
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    return (process, output)
  }

  private func run(_ variables: [String: String], _ arguments: [String] = []) throws -> Run {
    let (process, output) = process(variables, arguments)
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Run(status: process.terminationStatus, output: text)
  }

  private func variables(_ storage: VaultStorage, _ keys: TestServiceKeys) throws -> [String: String] {
    let keyFile = "\(storage.folder)/vault.key"
    let keysFile = "\(storage.folder)/service-keys.json"
    try ServiceKeyFile.write(keys.key(of: .vault), to: keyFile)
    try keys.keySet.write(to: keysFile)
    return storage.variables.merging([
      "LANYARD_SERVICE_KEY_FILE": keyFile, "LANYARD_SERVICE_KEYS_FILE": keysFile, "LANYARD_HTTP_PORT": "0",
      "LANYARD_METRICS_PORT": "0",
    ]) { $1 }
  }

  @Test func theExecutableServesAndStopsOnRequest() async throws {
    let storage = try await VaultStorage.make()
    let keys = try TestServiceKeys()
    let (process, output) = process(try variables(storage, keys))
    try process.run()
    var text = ""
    var port: Int?
    while port == nil {
      let chunk = output.fileHandleForReading.availableData
      guard !chunk.isEmpty else { break }
      text += String(decoding: chunk, as: UTF8.self)
      let line = text.split(separator: "\n").first { $0.contains("\"listening\"") && $0.contains("main") }
      port = line?.firstMatch(of: /"port":"?(\d+)/).flatMap { Int($0.1) }
    }
    let url = "http://127.0.0.1:\(try #require(port, "no port in \(text)"))"
    let http = try PeerHTTPClient.make(certificateAuthorityFile: nil)
    do {
      let gateway = PeerClient(
        service: .vault, addresses: [try #require(PeerAddress(url))], http: http,
        tokens: keys.credentials(of: .gateway).issuer, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        metrics: PrometheusMetrics())
      let ada = Person()
      let grant = try keys.grant(
        organizationId: ada.organization, userId: ada.user, purposes: [.connect], integrationIds: [ada.integration],
        scope: ada.scope)
      var created: FlowFacts?
      _ = try await comesTrue {
        do {
          created = try await gateway.call(FlowEndpoints.create, ada.flowRequest(), grant: grant)
          return true
        } catch let error as ServiceError where error.code == .sealed || error.code == .unavailable {
          return false
        }
      }
      let flow = try #require(created)
      #expect(try await gateway.call(FlowEndpoints.facts, Reference(id: flow.id)).userId == ada.user)
      try await http.shutdown()
    } catch {
      try? await http.shutdown()
      process.terminate()
      throw error
    }
    process.terminate()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test func anUnsafeRoleIsAConfigurationError() async throws {
    let storage = try await VaultStorage.make()
    var variables = try variables(storage, try TestServiceKeys())
    variables["LANYARD_DATABASE_URL"] = storage.database.ownerURL
    let run = try run(variables)
    #expect(run.status == 78)
    #expect(run.output.contains("owns table connection"))
    #expect(!run.output.contains(storage.database.password))
  }

  @Test func everyProblemOfTheConfigurationIsReported() throws {
    let run = try run([
      "LANYARD_REFRESH_MARGIN_SECONDS": "soon", "LANYARD_DATABASE_URL": "mysql://x",
      "LANYARD_FLOW_LIFETIME_SECONDS": "0",
    ])
    #expect(run.status == 78)
    for word in [
      "LANYARD_REFRESH_MARGIN_SECONDS", "LANYARD_DATABASE_URL", "LANYARD_FLOW_LIFETIME_SECONDS", "LANYARD_KEYRING_FILE",
      "LANYARD_SERVICE_KEY_FILE",
    ] {
      #expect(run.output.contains(word))
    }
  }

  @Test func everySettingIsExplained() throws {
    let run = try run([:], ["--help"])
    #expect(run.status == 0)
    for setting in [
      "LANYARD_DATABASE_URL", "LANYARD_KEYRING_FILE", "LANYARD_JOURNAL_KEY_FILE", "LANYARD_REFRESH_MARGIN_SECONDS",
      "LANYARD_REFRESH_LEASE_SECONDS", "LANYARD_REFRESH_FORCED_MINIMUM_SECONDS", "LANYARD_REFRESH_PER_SECOND",
      "LANYARD_PROACTIVE_REFRESH_PER_SECOND", "LANYARD_PROACTIVE_REFRESH_USED_WITHIN_SECONDS",
      "LANYARD_FLOW_LIFETIME_SECONDS",
      "LANYARD_REVOCATION_PER_SECOND", "LANYARD_ROTATION_PER_SECOND",
    ] {
      #expect(run.output.contains(setting))
    }
  }

  @Test func theDocumentNamesEveryCallAndNoOther() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let document = try String(contentsOf: root.appendingPathComponent("docs/openapi/vault.yaml"), encoding: .utf8)
    let documented = Set(document.matches(of: /(?m)^  (\/internal\/[a-z\/-]+):$/).map { String($0.1) })
    let served: Set<String> = [
      ConnectionEndpoints.resolve.path, ConnectionEndpoints.list.path, ConnectionEndpoints.show.path,
      ConnectionEndpoints.change.path, ConnectionEndpoints.revoke.path, ConnectionEndpoints.uses.path,
      ConnectionEndpoints.count.path,
      FlowEndpoints.create.path, FlowEndpoints.facts.path, FlowEndpoints.status.path, FlowEndpoints.cancel.path,
      FlowEndpoints.beginAuthorization.path, FlowEndpoints.claimAuthorization.path,
      FlowEndpoints.releaseAuthorization.path, FlowEndpoints.complete.path, FlowEndpoints.fail.path,
      RefreshEndpoints.begin.path, RefreshEndpoints.commit.path, RefreshEndpoints.fail.path,
      RefreshEndpoints.replay.path, RefreshEndpoints.claim.path, RevocationEndpoints.create.path,
      RevocationEndpoints.report.path,
      RevocationEndpoints.claim.path, RevocationEndpoints.finish.path, SecretEndpoints.put.path,
      SecretEndpoints.delete.path, SecretEndpoints.releaseClientSecret.path, SecretEndpoints.describeClients.path,
      SecretEndpoints.releaseStaticToken.path, SecretEndpoints.signWebhook.path, VaultEventEndpoints.claim.path,
      VaultEventEndpoints.acknowledge.path, AuditEndpoints.listVault.path, AuditEndpoints.exportVault.path,
      "/internal/connection-changes", KeyRotationEndpoints.begin.path, KeyRotationEndpoints.show.path,
      KeyRotationEndpoints.list.path,
    ]
    #expect(documented == served)
  }
}
