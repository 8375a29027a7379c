import Model

/// Asks before something is deleted, with what would be affected.
struct RemovalPage: Sendable {
  /// One kind of what is affected, and how much of it.
  struct Count: Sendable {
    var what: String
    var number: Int
  }

  var name: String
  /// The page of the thing itself; the form is sent to `…/delete`.
  var address: String
  var counts: [Count]
  var hasCounts: Bool
  /// Whether it was looked at who uses it, and that is nobody.
  var isUnused: Bool
  /// What happens besides.
  var consequence: String
  var csrfToken: String

  /// - Parameter impact: absent for what nobody can use, such as a webhook.
  init(
    _ name: String, at path: LocalPath, _ impact: Impact?,
    consequence: String = "Its tokens are revoked at the provider. This cannot be undone.", csrfToken: String
  ) {
    self.name = name
    address = path.text
    self.consequence = consequence
    self.csrfToken = csrfToken
    counts = Self.counts(impact?.affected)
    hasCounts = !counts.isEmpty
    isUnused = impact != nil && counts.isEmpty
  }

  /// What of each kind is affected, if anything is.
  static func counts(_ affected: Affected?) -> [Count] {
    guard let affected else { return [] }
    let all = [
      Count(what: "Members", number: affected.members.count),
      Count(what: "Connections", number: affected.connections.count),
      Count(what: "MCP servers", number: affected.mcpServers.count),
      Count(what: "Charms", number: affected.charms.count),
      Count(what: "Applications", number: affected.applications.count),
    ]
    return all.filter { $0.number > 0 }
  }
}
