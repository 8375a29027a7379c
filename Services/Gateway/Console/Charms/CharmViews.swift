import Model

/// The list of Charms, and the form for a new one.
struct CharmsPage: Sendable {
  struct Line: Sendable {
    var address: String
    var name: String
    var id: String
    /// What it reaches, in words.
    var servers: String
  }

  var charms: [Line]
  var hasCharms: Bool
  var next: String?
  var name: String
  var id: String
  /// Why the form was not taken.
  var problem: String?
  var csrfToken: String

  init(
    _ page: Page<Charm>, _ directory: ConsoleDirectory, _ fields: FormFields?, problem: String?, csrfToken: String
  ) {
    charms = page.items.map { charm in
      let servers = charm.mcpServers.map { server in
        directory.name(of: server.mcpServerId) + (server.allowedTools.map { ", \($0.count) tools" } ?? "")
      }
      return Line(
        address: LocalPath.charm(charm.id).text, name: ConsoleText.line(charm.name), id: ConsoleText.line(charm.id),
        servers: servers.isEmpty ? "Has no MCP server" : servers.joined(separator: "; "))
    }
    hasCharms = !charms.isEmpty
    next = page.nextCursor.map { LocalPath.charms.at($0).text }
    name = fields?.filled("name") ?? ""
    id = fields?.filled("id") ?? ""
    self.problem = problem
    self.csrfToken = csrfToken
  }
}

/// One Charm and its servers.
struct CharmPage: Sendable {
  struct Server: Sendable {
    var id: String
    var name: String
    var isNone: Bool
    var isAll: Bool
    var isSome: Bool
    var tools: String
  }

  var address: String
  var id: String
  var title: String
  var name: String
  var servers: [Server]
  var hasServers: Bool
  /// Which state of the Charm the page shows.
  var version: String?
  var problem: String?
  var csrfToken: String

  init(_ id: String, _ form: CharmForm, _ directory: ConsoleDirectory, problem: String?, csrfToken: String) {
    address = LocalPath.charm(id).text
    self.id = ConsoleText.line(id)
    title = ConsoleText.line(form.name)
    name = form.name
    let known = directory.servers.map(\.id)
    servers = (known + form.entries.keys.filter { !known.contains($0) }.sorted { $0.rawValue < $1.rawValue }).map {
      let entry = form.entries[$0] ?? CharmForm.Entry(access: .none, tools: [])
      return Server(
        id: $0.rawValue, name: directory.name(of: $0), isNone: entry.access == .none, isAll: entry.access == .all,
        isSome: entry.access == .some, tools: entry.tools.joined(separator: "\n"))
    }
    hasServers = !servers.isEmpty
    version = form.version
    self.problem = problem
    self.csrfToken = csrfToken
  }
}
