import AsyncHTTPClient
import Foundation
import Logging
import Model
import NIOCore
import NIOHTTP1
import ServiceKit
import ServiceTokens
import TestSupport
import Testing

@testable import PolicyKit

@Suite("The policy executable")
struct PolicyExecutableTests {
  private let policy = Executable(name: "policy")

  @Test(.timeLimit(.minutes(1))) func itStartsAnswersAndStopsOnASignal() async throws {
    let database = try await PolicyDatabase.make()
    try await withTemporaryFolder { folder in
      let made = try await Executable(name: "lanyard").run(["init", "--directory", folder.path])
      #expect(made.code == 0)
      let ports = (try FreePort.next(), try FreePort.next())
      var environment = PolicyFixture.variables(database)
      environment["LANYARD_HTTP_PORT"] = "\(ports.0)"
      environment["LANYARD_METRICS_PORT"] = "\(ports.1)"
      environment["LANYARD_VAULT_URL"] = "https://127.0.0.1:1"
      environment["LANYARD_SERVICE_KEY_FILE"] = folder.path + "/service-keys/policy.key"
      environment["LANYARD_SERVICE_KEYS_FILE"] = folder.path + "/service-keys.json"
      environment["LANYARD_TLS_CERTIFICATE_FILE"] = folder.path + "/tls/policy.crt"
      environment["LANYARD_TLS_KEY_FILE"] = folder.path + "/tls/policy.key"
      environment["LANYARD_TLS_CA_FILE"] = folder.path + "/tls/ca.crt"
      #expect(try await policy.run(["--check-configuration"], environment: environment).code == 0)
      let keys = try ServiceKeySet(contentsOf: folder.path + "/service-keys.json")
      let gatewayKey = try ServiceKeyFile.read(folder.path + "/service-keys/gateway.key")
      let (_, code) = try await policy.running(environment: environment) { lines in
        let http = try PeerHTTPClient.make(certificateAuthorityFile: folder.path + "/tls/ca.crt")
        do {
          try await Self.waitUntilReady(http, port: ports.1)
          let client = PeerClient(
            service: .policy, addresses: [try #require(PeerAddress("https://127.0.0.1:\(ports.0)"))], http: http,
            tokens: ServiceCredentials(key: gatewayKey, keys: keys).issuer,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, metrics: PrometheusMetrics())
          let credential = WireSecret(String(repeating: "0", count: 64))
          #expect(
            await refusal { try await client.call(SessionEndpoints.verify, OnBehalf(credential, Empty())) }
              == .unauthenticated)
        } catch {
          try? await http.shutdown()
          throw error
        }
        try await http.shutdown()
        _ = lines
      }
      #expect(code == 0)
    }
  }

  @Test func everyMistakeInTheConfigurationIsReportedAtOnce() async throws {
    let outcome = try await policy.run(
      ["--check-configuration"],
      environment: [
        "LANYARD_DATABASE_URL": "mysql://x", "LANYARD_PUBLIC_URL": "http://example.com/path",
        "LANYARD_SESSION_DEFAULT_SECONDS": "soon", "LANYARD_SANDBOX_ISSUER": "nope", "LANYARD_PUBLIC_ULR": "x",
      ])
    #expect(outcome.code == 78)
    for name in ["DATABASE_URL", "PUBLIC_URL", "SESSION_DEFAULT_SECONDS", "SANDBOX_ISSUER", "PUBLIC_ULR"] {
      #expect(outcome.errors.contains("LANYARD_\(name)"), "\(name)")
    }
    let help = try await policy.run(["--help"])
    #expect(help.code == 0)
    #expect(help.output.contains("LANYARD_SESSION_DEFAULT_SECONDS"))
  }

  private static func waitUntilReady(_ http: HTTPClient, port: Int) async throws {
    while true {
      if let response = try? await http.execute(
        HTTPClientRequest(url: "http://127.0.0.1:\(port)/readyz"), timeout: .seconds(2)), response.status.code == 200
      {
        return
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}
