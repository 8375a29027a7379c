import Model

/// What a person sees before they let an MCP client act for them.
struct ConsentPage: Sendable {
  /// Characters of a name that are shown: more would push what matters off the page.
  private static let nameLength = 60
  /// Servers that are named one by one.
  private static let shownServers = 12

  var clientName: String
  var clientInitial: String
  /// Where the client describes itself; nil for one that registered itself, whose name anybody could have chosen.
  var clientHost: String?
  /// Where the person goes with the answer.
  var redirectHost: String
  /// Whether that is a program on this machine, which could be any.
  var isLoopback: Bool
  var person: ShownPerson
  /// The one server that is asked for; nil where it is all of them.
  var serverName: String?
  var servers: [String]
  /// How many more there are than are named.
  var furtherServers: Int?
  /// Whether there is a list; the one server that is asked for needs none.
  var hasServers: Bool
  /// Of the form.
  var action: String
  var csrfToken: String

  init(
    client: OAuthClient, redirect: ClientRedirectURI, person: ShownPerson, target: ClientTokenTarget,
    servers names: [String], action: String, csrfToken: String
  ) {
    func line(_ text: String) -> String { DisplayText.line(text, maximum: Self.nameLength) }
    clientName = line(client.name)
    clientInitial = String(clientName.prefix(1)).uppercased()
    clientHost = client.host
    redirectHost = String(redirect.origin.split(separator: "/").last ?? "")
    isLoopback = redirect.isLoopback
    self.person = person
    serverName = target.mcpServerId == nil ? nil : names.first.map(line)
    servers = names.prefix(Self.shownServers).map(line)
    furtherServers = names.count > Self.shownServers ? names.count - Self.shownServers : nil
    hasServers = serverName == nil && !names.isEmpty
    self.action = action
    self.csrfToken = csrfToken
  }
}
