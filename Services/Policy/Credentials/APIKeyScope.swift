/// What an API key may be used for. A key acts as an owner's instrument, within these.
public enum APIKeyScope: String, Codable, Sendable, CaseIterable {
  /// Begin and end sessions.
  case sessions
  /// Remove users.
  case users
  /// Providers, Integrations, Applications.
  case configuration
  /// See and revoke everyone's Connections.
  case connections
}
