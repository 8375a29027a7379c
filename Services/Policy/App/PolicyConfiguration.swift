import Model
public import PostgreSQL
import Providers
import ServiceKit

/// Everything that the policy service can be told from outside, besides the settings that every service has.
public struct PolicyConfiguration: Sendable {
  /// Connected as the application role.
  public var database: PostgresConfiguration
  /// Whether the database server must keep confirmed changes through a crash.
  public var requiresFsync: Bool
  /// The gateway's origin as browsers see it, without a slash at the end.
  public var publicUrl: String
  /// The practice provider's issuer; nil hides it.
  public var sandboxIssuer: String?
  /// `host:port` entries of the operator's allow list: providers there may use http.
  public var egressAllow: Set<String>
  var sessions: SessionSettings
  var checkpoints: CheckpointSettings
  var browserSessions: BrowserSessionSettings

  init(_ settings: Settings) {
    let url = settings.requiredSecret(
      "database.url", "The database, as postgres://policy_app:…@host/policy. The role must not own the tables.")
    requiresFsync = settings.bool(
      "database.requireFsync", default: true, "Refuse a database that may lose confirmed changes. Off for tests only.")
    publicUrl = settings.requiredString(
      "publicUrl", type: "url", "The gateway's origin as browsers see it; redirect URIs are made of it.")
    sandboxIssuer = settings.optionalString(
      "sandbox.issuer", type: "url", "The issuer of the practice provider; without it the catalogue hides the provider."
    )
    egressAllow = Set(
      settings.list("egress.allow", "host:port entries of providers that may use http, as the exchanger has them."))
    let shortest = settings.int(
      "session.minimumSeconds", default: SessionSettings.shortestSeconds, in: 1...86_400, unit: "seconds",
      "The shortest life of a session that the host platform may ask for.")
    let longest = settings.int(
      "session.maximumSeconds", default: SessionSettings.longestSeconds, in: 1...2_592_000, unit: "seconds",
      "The longest life of a session that the host platform may ask for.")
    let standard = settings.int(
      "session.defaultSeconds", default: SessionSettings.standardSeconds, in: 1...2_592_000, unit: "seconds",
      "The life of a session when the host platform asks for none.")
    if !(shortest <= standard && standard <= longest) {
      settings.problem(
        "the session lives must be ordered: minimum \(shortest), default \(standard), maximum \(longest)")
    }
    sessions = SessionSettings(defaultSeconds: standard, bounds: min(shortest, longest)...max(shortest, longest))
    browserSessions = BrowserSessionSettings(settings)
    checkpoints = CheckpointSettings(settings)
    database = Self.database(url, settings)
    publicUrl = Self.origin(publicUrl, settings)
    if let sandboxIssuer, ProviderURL(sandboxIssuer) == nil {
      settings.problem("LANYARD_SANDBOX_ISSUER must be a plain URL")
    }
  }

  /// A placeholder stands in for a URL that cannot be read: ``Settings/finish()`` reports the problem before anything
  /// connects.
  private static func database(_ url: Secret<String>, _ settings: Settings) -> PostgresConfiguration {
    let placeholder = PostgresConfiguration(
      address: .unixSocket(directory: "/", port: 5_432), database: "", user: "", password: nil, tls: .disable)
    let text = url.expose { $0 }
    guard !text.isEmpty else { return placeholder }
    do {
      var configuration = try PostgresConfiguration(url: text)
      configuration.applicationName = "lanyard-policy"
      return configuration
    } catch let error as PostgresConfigurationError {
      for problem in error.problems { settings.problem("LANYARD_DATABASE_URL: \(problem)") }
    } catch {
      settings.problem("LANYARD_DATABASE_URL cannot be read")
    }
    return placeholder
  }

  private static func origin(_ text: String, _ settings: Settings) -> String {
    guard !text.isEmpty else { return text }
    guard let url = ProviderURL(text), url.query == nil, url.path.isEmpty || url.path == "/",
      url.isHTTPS || PeerAddress.isLoopback(url.host)
    else {
      settings.problem(
        "LANYARD_PUBLIC_URL must be an origin such as https://lanyard.example.com, http on loopback only")
      return text
    }
    return "\(url.scheme)://\(url.authority)"
  }
}
