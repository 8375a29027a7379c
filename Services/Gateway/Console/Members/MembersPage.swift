import Model

/// The list of an organization's people.
struct MembersPage: Sendable {
  struct Choice: Sendable {
    var value: String
    var name: String
    var isChosen: Bool
  }

  struct Line: Sendable {
    var display: String
    var name: String?
    var address: String
    var role: String
    var roles: [Choice]
    var groups: String?
    /// Where they sign in, if by an identity provider.
    var issuer: String?
    var isYou: Bool
    var csrfToken: String
  }

  var organizationName: String
  var members: [Line]
  var next: String?
  /// What follows the addresses of its forms.
  var query: String
  /// Why a form was not taken.
  var problem: String?

  /// - Parameter cursor: where this page of the list begins, so that its forms come back to it.
  init(_ page: Page<User>, at cursor: String?, for caller: Caller, problem: String?, csrfToken: String) {
    organizationName = ShownPerson(caller).organizationName
    members = page.items.map { Self.line($0, isYou: $0.id == caller.user?.id, csrfToken) }
    query = LocalPath.query(at: cursor)
    next = page.nextCursor.map { LocalPath.members.at($0).text }
    self.problem = problem
  }

  private static func line(_ user: User, isYou: Bool, _ csrfToken: String) -> Line {
    let role = user.role ?? .member
    let groups = (user.groups ?? []).map(ConsoleText.line)
    return Line(
      display: ConsoleText.line(user.email ?? user.name ?? user.externalId ?? ""),
      name: user.email == nil ? nil : user.name.map(ConsoleText.line),
      address: "\(LocalPath.members.text)/\(user.id.rawValue)", role: role.shown,
      roles: [Role.member, .admin, .owner].map {
        Choice(value: $0.rawValue, name: $0.shown, isChosen: $0 == role)
      }, groups: groups.isEmpty ? nil : groups.joined(separator: ", "),
      issuer: user.identityIssuer.map(ConsoleText.host), isYou: isYou, csrfToken: csrfToken)
  }
}

extension Role {
  /// As people read it.
  var shown: String {
    switch self {
    case .owner: "Owner"
    case .admin: "Admin"
    case .member: "Member"
    }
  }
}
