import Foundation
import Model

/// The list of a person's Connections.
struct ConnectionsPage: Sendable {
  var organizationName: String
  var connections: [ShownConnection]
  var hasConnections: Bool
  /// The address of the next page; absent on the last one.
  var next: String?

  init(_ page: Page<Connection>, of caller: Caller) {
    organizationName = ShownPerson(caller).organizationName
    connections = page.items.map(ShownConnection.init)
    hasConnections = !connections.isEmpty
    next = page.nextCursor.map { LocalPath.connections.at($0).text }
  }
}

/// One of them, with its latest uses and what can be done with it.
struct ConnectionPage: Sendable {
  var connection: ShownConnection
  var scopes: [ConnectPage.Scope]
  var hasScopes: Bool
  var uses: [ShownUse]
  var hasUses: Bool
  /// The address of earlier uses; absent when these are the first ones.
  var next: String?
  /// What follows the addresses of its forms.
  var query: String
  var csrfToken: String
  var mayBecomeDefault: Bool
  var mayPause: Bool
  var mayResume: Bool
  var mayReconnect: Bool
  var mayDisconnect: Bool

  /// - Parameter cursor: where this page of its uses begins, so that its forms come back to it.
  init(
    _ shown: Connection, scopes: [FlowConsent.Scope], uses page: Page<ConnectionUse>, at cursor: String?,
    csrfToken: String
  ) {
    connection = ShownConnection(shown)
    self.scopes = scopes.map(ConnectPage.Scope.init)
    hasScopes = !scopes.isEmpty
    uses = page.items.map(ShownUse.init)
    hasUses = !uses.isEmpty
    next = page.nextCursor.map { LocalPath.connection(shown.id).at($0).text }
    query = LocalPath.query(at: cursor)
    self.csrfToken = csrfToken
    let isLive = shown.status != .revoked
    mayBecomeDefault = isLive && !shown.isDefault
    mayPause = shown.status == .active || shown.status == .degraded
    mayResume = shown.status == .paused
    mayReconnect = isLive && shown.status != .paused
    mayDisconnect = isLive
  }
}

/// A Connection as pages show it.
struct ShownConnection: Sendable {
  var address: String
  var account: String
  /// Absent where it says no more than ``account``.
  var accountName: String?
  var service: String
  var application: String
  var status: String
  /// What it means and what to do next; absent where there is nothing to say.
  var advice: String?
  var isBad: Bool
  var isDefault: Bool
  var connectedAt: String
  var lastUsedAt: String?

  init(_ connection: Connection) {
    address = LocalPath.connection(connection.id).text
    account = ConsoleText.line(connection.displayIdentifier)
    accountName = connection.displayName.map(ConsoleText.line).flatMap { [account] in $0 == account ? nil : $0 }
    service = ConsoleText.host(connection.providerUrl)
    application = connection.applicationName.map(ConsoleText.line) ?? "Your organization's assistants"
    (status, advice) = Self.words(connection.status)
    isBad = connection.status == .needsReauthorization || connection.status == .configError
    isDefault = connection.isDefault
    connectedAt = ShownTime.text(connection.createdAt)
    lastUsedAt = connection.lastUsedAt.map(ShownTime.text)
  }

  private static func words(_ status: Connection.Status) -> (String, String?) {
    switch status {
    case .active: ("Connected", nil)
    case .degraded:
      ("Connected, with trouble", "The service has not answered as it should lately. There is nothing for you to do.")
    case .needsReauthorization:
      ("To be connected again", "The service no longer takes what you allowed before. Connect the account again.")
    case .configError:
      (
        "Stopped",
        "The service refuses your organization's registration. An owner must correct it; there is nothing for you to do."
      )
    case .paused: ("Paused", "Nobody gets a token until you resume it.")
    case .revoked: ("Disconnected", nil)
    }
  }
}

/// A use of a Connection as pages show it.
struct ShownUse: Sendable {
  var what: String
  var who: String
  var at: String
  var isRefusal: Bool

  init(_ use: ConnectionUse) {
    what =
      use.tool.map { "Called the tool \(ConsoleText.line($0))" } ?? Self.words(use.action)
    who = Self.words(use.actor.kind)
    at = ShownTime.text(use.occurredAt)
    isRefusal = use.outcome == "refused"
  }

  /// Words for the actions that the vault has on record of a Connection; any other stands for itself.
  private static let words = [
    "connection.token.released": "Received an access token",
    "connection.created": "Connected the account",
    "connection.reauthorized": "Connected the account again",
    "connection.default.set": "Made it the default",
    "connection.paused": "Paused it",
    "connection.resumed": "Resumed it",
    "connection.revoked": "Disconnected it",
    "connection.refresh.begun": "Began to refresh the access token",
    "connection.refresh.committed": "Refreshed the access token",
    "connection.refresh.failed": "Could not refresh the access token",
    "connection.refresh.superseded": "Refreshed too late",
  ]

  private static func words(_ action: String) -> String { words[action] ?? action }

  private static func words(_ kind: Actor.Kind) -> String {
    switch kind {
    case .member: "You"
    case .application: "An application"
    case .charm: "An assistant"
    case .hostPlatform: "Your organization's platform"
    case .service: "Lanyard"
    case .operatorCommand: "An operator"
    }
  }
}

/// Times for people who may be anywhere.
enum ShownTime {
  /// As in `2026-11-27 09:30 UTC`.
  static func text(_ date: Date) -> String {
    let style = Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day().dateTimeSeparator(.space)
      .time(includingFractionalSeconds: false)
    return date.formatted(style).prefix(16) + " UTC"
  }
}
