import FoundationEssentials
import HTTPTypes
import Logging
import Model
public import ServiceKit

/// Everything that the sandbox can be told from outside. Read once, at start; every problem is reported together.
public struct SandboxSettings: Sendable {
  let host: String
  let port: Int
  /// Nil means the address that the server listens on.
  let issuer: String?
  let client: Client
  let adminToken: Fingerprint
  let policy: TokenPolicy
  let mcpStaticToken: StaticTokenDoor
  let logLevel: Logger.Level
  let drain: Duration

  /// The sandbox signs anybody in, so it never starts by accident.
  private enum Switch: String, CaseIterable { case disabled, enabled }

  /// An admin token can do everything here; shorter ones are guessed.
  private static let adminTokenCharacters = 16

  /// Reads the settings.
  ///
  /// - Throws: `ConfigurationError` with everything that is wrong.
  public init(_ sources: SettingsSources) throws {
    let settings = Settings(sources)
    self.init(settings)
    try settings.finish()
  }

  init(_ settings: Settings) {
    let state = settings.choice(
      "sandbox", default: Switch.disabled, "Must be enabled: the sandbox signs anybody in, and is for practice only.")
    if state != .enabled { settings.problem("LANYARD_SANDBOX must be enabled: the sandbox is for practice only") }
    host = settings.string("http.host", default: "127.0.0.1", "The address to listen on.")
    port = settings.int(
      "http.port", default: ServiceDefaults.port(of: .sandbox), in: 0...65_535,
      "The port to listen on; 0 takes any free one.")
    logLevel = settings.choice("log.level", default: Logger.Level.info, "The least important records that are written.")
    drain = settings.seconds(
      "drainSeconds", default: ServiceDefaults.drainSeconds, in: 1...600,
      "How long running requests may take to finish after a signal to stop.")
    issuer = settings.optionalString(
      "sandbox.issuer", type: "origin", "How the sandbox names itself; without it, the address it listens on.")
    policy = TokenPolicy(
      accessTokenSeconds: settings.int(
        "sandbox.accessTokenSeconds", default: TokenPolicy.standard.accessTokenSeconds,
        in: 1...Limits.accessTokenSeconds, unit: "seconds", "How long an access token lives."),
      refreshGraceSeconds: settings.int(
        "sandbox.refreshGraceSeconds", default: TokenPolicy.standard.refreshGraceSeconds,
        in: 0...Limits.refreshGraceSeconds, unit: "seconds",
        "How long a rotated refresh token still gets the answer of its first use."),
      rotatesRefreshTokens: TokenPolicy.standard.rotatesRefreshTokens)
    client = Self.client(settings)
    mcpStaticToken = Self.mcpStaticToken(settings)
    let token = settings.requiredSecret(
      "sandbox.adminToken", "The bearer token of the admin endpoints, at least \(Self.adminTokenCharacters) characters."
    )
    adminToken = token.expose { text in
      if !text.isEmpty && text.count < Self.adminTokenCharacters {
        settings.problem("LANYARD_SANDBOX_ADMIN_TOKEN must have at least \(Self.adminTokenCharacters) characters")
      }
      return Fingerprint(of: text)
    }
    if let issuer, !Self.isOrigin(issuer) {
      settings.problem("LANYARD_SANDBOX_ISSUER must be an http or https origin without a path")
    }
    if issuer == nil, ["0.0.0.0", "::"].contains(host) {
      settings.problem("LANYARD_SANDBOX_ISSUER is needed: \(host) is every address, so none can be the sandbox's name")
    }
  }

  /// The origin under which the server is reached on a port, for want of a configured issuer.
  func listeningOrigin(port: Int) -> String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

  /// How an address ends that stands for all right below it.
  private static let anyChild = "/*"

  /// The client that is there from the start.
  private static func client(_ settings: Settings) -> Client {
    let id = settings.string(
      "sandbox.clientId", default: "practice-client", "The id of the client that is there at start.")
    let secret = settings.requiredSecret("sandbox.clientSecret", "The secret of that client.")
    let texts = settings.list(
      "sandbox.redirectUris",
      "The redirect URIs of that client, compared exactly; one that ends in /* is any address right below. At least one."
    )
    .map { String($0.trimming { $0 == " " }) }
    let (folders, exact) = (texts.filter { $0.hasSuffix(anyChild) }, texts.filter { !$0.hasSuffix(anyChild) })
    let addresses = exact.compactMap { RedirectURI($0, allowPlainHTTP: true) }
    let parents = folders.compactMap { RedirectURI(String($0.dropLast(anyChild.count)), allowPlainHTTP: true) }
    if texts.isEmpty || addresses.count + parents.count != texts.count {
      settings.problem("LANYARD_SANDBOX_REDIRECT_URIS must list absolute addresses without a fragment")
    }
    return Client(
      id: id, name: "Lanyard", secret: secret.expose(Fingerprint.init(of:)), redirectURIs: addresses,
      redirectFolders: parents)
  }

  /// The door of `/mcp/static`.
  private static func mcpStaticToken(_ settings: Settings) -> StaticTokenDoor {
    let token = settings.optionalSecret(
      "sandbox.mcpStaticToken", "The token that opens /mcp/static; without it nobody gets in there.")
    let header = settings.string(
      "sandbox.mcpStaticHeader", default: "Authorization", "The header in which that token comes.")
    let prefix = settings.string(
      "sandbox.mcpStaticPrefix", default: "Bearer",
      "What stands before it, with a space between; none where the token stands alone.")
    if HTTPField.Name(header) == nil {
      settings.problem("LANYARD_SANDBOX_MCP_STATIC_HEADER must be the name of a header")
    }
    return StaticTokenDoor(
      header: header, prefix: prefix == "none" ? "" : "\(prefix) ", token: token?.expose(Fingerprint.init(of:)))
  }

  private static func isOrigin(_ text: String) -> Bool {
    guard let rest = ["http://", "https://"].first(where: { text.hasPrefix($0) }).map({ text.dropFirst($0.count) })
    else { return false }
    return !rest.isEmpty && !rest.contains { "/?# ".contains($0) }
  }
}

extension SettingsSources {
  /// The environment with the sandbox's short names: `SANDBOX_HOST` and `SANDBOX_PORT` are `LANYARD_HTTP_HOST` and
  /// `LANYARD_HTTP_PORT`, every other `SANDBOX_…` is `LANYARD_SANDBOX_…`. A long name wins over its short one.
  public static func sandbox(environment: [String: String]) -> SettingsSources {
    var long: [String: String] = [:]
    for (name, value) in environment where name.hasPrefix(shortPrefix) {
      switch name {
      case "SANDBOX_HOST", "SANDBOX_PORT": long["\(prefix)HTTP_\(name.dropFirst(shortPrefix.count))"] = value
      default: long[prefix + name] = value
      }
    }
    return SettingsSources(environment: environment.merging(long) { given, _ in given })
  }

  private static let shortPrefix = "SANDBOX_"
}

extension StringProtocol {
  fileprivate func trimming(_ isWaste: (Character) -> Bool) -> SubSequence {
    let start = drop(while: isWaste)
    return start[..<(start.lastIndex { !isWaste($0) }.map(start.index(after:)) ?? start.startIndex)]
  }
}
