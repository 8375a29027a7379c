import ServiceKit
import Testing

@testable import SandboxKit

@Suite struct SettingsTests {
  private func settings(_ changes: [String: String?]) throws -> SandboxSettings {
    var environment = TestSandbox.environment
    for (name, value) in changes { environment[name] = value }
    return try SandboxSettings(.sandbox(environment: environment))
  }

  @Test func everySettingReachesItsPlace() throws {
    let settings = try settings([
      "SANDBOX_HOST": "0.0.0.0", "SANDBOX_PORT": "7999", "SANDBOX_ISSUER": "https://sandbox.example",
      "SANDBOX_CLIENT_ID": "mine", "SANDBOX_ACCESS_TOKEN_SECONDS": "60", "SANDBOX_REFRESH_GRACE_SECONDS": "0",
      "SANDBOX_REDIRECT_URIS": "https://a.example/cb, http://lanyard.test:8080/cb",
    ])
    #expect(settings.host == "0.0.0.0" && settings.port == 7999)
    #expect(settings.issuer == "https://sandbox.example")
    #expect(settings.client.id == "mine")
    #expect(settings.mcpStaticToken.header == "X-Api-Key" && settings.mcpStaticToken.prefix.isEmpty)
    #expect(settings.mcpStaticToken.token == Fingerprint(of: MCPClient.staticToken))
    #expect(settings.client.redirectURIs.map(\.text) == ["https://a.example/cb", "http://lanyard.test:8080/cb"])
    #expect(settings.policy == TokenPolicy(accessTokenSeconds: 60, refreshGraceSeconds: 0, rotatesRefreshTokens: true))
  }

  @Test(arguments: [nil, "", "true", "disabled"] as [String?])
  func itDoesNotStartUnlessEnabled(value: String?) {
    #expect(throws: ConfigurationError.self) { try settings(["LANYARD_SANDBOX": value]) }
  }

  @Test func everyProblemIsReportedAtOnceAndNoValueIsShown() throws {
    let error = try #require(throws: ConfigurationError.self) {
      try settings([
        "LANYARD_SANDBOX": nil, "SANDBOX_PORT": "seven", "SANDBOX_ISSUER": "https://x.example/path",
        "SANDBOX_CLIENT_SECRET": nil, "SANDBOX_REDIRECT_URIS": "relative", "SANDBOX_ADMIN_TOKEN": "short-secret",
        "SANDBOX_ACCESS_TOKEN_SECONDS": "0", "SANDBOX_COLOUR": "red",
        "SANDBOX_MCP_STATIC_HEADER": "not a header",
      ])
    }
    #expect(error.problems.count == 9)
    #expect(!"\(error)".contains("short-secret"))
  }
}
