import AsyncHTTPClient
import FoundationEssentials
import Logging
import Model
import ServiceKit
import ServiceTokens
import TestSupport
import Testing

@Suite struct PeerTLSTests {
  private func call(_ url: String, trusting authority: String?, keys: TestServiceKeys) async throws -> Calls.Receipt {
    let http = try PeerHTTPClient.make(certificateAuthorityFile: authority)
    let client = PeerClient(
      service: .vault, addresses: [try #require(PeerAddress(url))], http: http,
      tokens: keys.credentials(of: .gateway).issuer, logger: Logger(label: "x") { _ in SwiftLogNoOpLogHandler() },
      metrics: PrometheusMetrics())
    do {
      let receipt = try await client.call(Calls.order, Calls.Order(item: "tea"))
      try await http.shutdown()
      return receipt
    } catch {
      try? await http.shutdown()
      throw error
    }
  }

  private func variables(_ server: TestAuthority, authority: TestAuthority? = nil) -> [String: String] {
    [
      "LANYARD_TLS_CERTIFICATE_FILE": server.certificateFile, "LANYARD_TLS_KEY_FILE": server.keyFile,
      "LANYARD_TLS_CA_FILE": (authority ?? server).authorityFile,
    ]
  }

  @Test func onlyThePinnedAuthorityIsTrusted() async throws {
    let (ours, theirs) = (try TestAuthority(), try TestAuthority())
    try await RunningService.with(.vault, variables: variables(ours), build: Calls.compose) { service in
      #expect(service.url.hasPrefix("https://"))
      let receipt = try await call(service.url, trusting: ours.authorityFile, keys: service.keys)
      #expect(receipt.text == "tea x1")
      await #expect(throws: Refused(.unavailable), "another authority") {
        try await code { try await call(service.url, trusting: theirs.authorityFile, keys: service.keys) }
      }
      await #expect(throws: Refused(.unavailable), "none, not even the system's") {
        try await code { try await call(service.url, trusting: nil, keys: service.keys) }
      }
      await #expect(throws: Refused(.unavailable), "plain HTTP to a TLS port") {
        let plain = service.url.replacing("https://", with: "http://")
        return try await code { try await call(plain, trusting: ours.authorityFile, keys: service.keys) }
      }
    }
  }

  @Test func theNameInTheCertificateMustFit() async throws {
    let authority = try TestAuthority(host: "vault.internal")
    try await RunningService.with(.vault, variables: variables(authority), build: Calls.compose) { service in
      await #expect(throws: Refused(.unavailable)) {
        try await code { try await call(service.url, trusting: authority.authorityFile, keys: service.keys) }
      }
    }
  }

  @Test func unusableCertificateFilesAreConfigurationErrors() async throws {
    let (one, two) = (try TestAuthority(), try TestAuthority())
    var mixed = variables(one)
    mixed["LANYARD_TLS_KEY_FILE"] = two.keyFile
    var missing = variables(one)
    missing["LANYARD_TLS_CERTIFICATE_FILE"] = "/nowhere"
    for variables in [mixed, missing] {
      await #expect(throws: ConfigurationError.self) {
        try await RunningService.with(.vault, variables: variables, build: Calls.compose) { _ in }
      }
    }
    #expect(throws: ConfigurationError.self) { try PeerHTTPClient.make(certificateAuthorityFile: "/nowhere") }
  }
}
