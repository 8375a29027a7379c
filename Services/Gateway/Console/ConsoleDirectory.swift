import Model
import ServiceKit

/// What the things of an organization are called, for pages that speak of several kinds at once.
struct ConsoleDirectory: Sendable {
  struct Named<ID: Hashable & Sendable>: Sendable {
    var id: ID
    var name: String
  }

  let integrations: [Named<IntegrationID>]
  let servers: [Named<MCPServerID>]
  private let integrationNames: [IntegrationID: String]
  private let serverNames: [MCPServerID: String]
  private let charms: [String: String]
  private let applications: [String: String]
  private let members: [User]
  private let memberNames: [UserID: String]

  init(
    members: [User], integrations: [Integration], servers: [MCPServer], charms: [Charm], applications: [Application]
  ) {
    self.members = members
    memberNames = Dictionary(
      members.map { ($0.id, $0.email ?? $0.name ?? $0.externalId ?? $0.id.rawValue) },
      uniquingKeysWith: { first, _ in first })
    self.integrations = integrations.map { Named(id: $0.id, name: $0.name) }
    self.servers = servers.map { Named(id: $0.id, name: $0.name) }
    integrationNames = Dictionary(integrations.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    serverNames = Dictionary(servers.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    self.charms = Dictionary(charms.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    self.applications = Dictionary(
      applications.map { ($0.id, $0.name ?? $0.id) }, uniquingKeysWith: { first, _ in first })
  }

  func name(of id: IntegrationID) -> String { ConsoleText.line(integrationNames[id] ?? id.rawValue) }
  func name(of id: MCPServerID) -> String { ConsoleText.line(serverNames[id] ?? id.rawValue) }
  func name(of id: UserID) -> String { ConsoleText.line(memberNames[id] ?? id.rawValue) }
  func name(ofCharm id: String) -> String { ConsoleText.line(charms[id] ?? id) }
  func name(ofApplication id: String) -> String { ConsoleText.line(applications[id] ?? id) }

  /// What a field says of a member: the address if it is one member's alone, else the id.
  func field(_ id: UserID) -> String {
    guard let email = members.first(where: { $0.id == id })?.email, (try? member(email)) == id else {
      return id.rawValue
    }
    return email
  }

  /// The member whom a field names by id, by email address or by the host platform's id.
  ///
  /// - Throws: `invalid_request` where that is nobody, or more than one.
  func member(_ text: String) throws -> UserID {
    if let id = UserID(validating: text) { return id }
    let wanted = text.lowercased()
    let found = members.filter { $0.email?.lowercased() == wanted || $0.externalId == text }
    guard let first = found.first else {
      throw ServiceError(
        .invalidRequest,
        "No member is called \(ConsoleText.line(text)). Write an email address, or an id that starts with usr_.")
    }
    guard found.count == 1 else {
      throw ServiceError(
        .invalidRequest, "Several members are called \(ConsoleText.line(text)). Write the id, which starts with usr_.")
    }
    return first.id
  }
}

/// Reads it, as the person who looks at a page may.
struct ConsoleDirectoryReader: Sendable {
  /// Calls for names of members, 200 in each: a page waits for them. Members beyond are shown by their ids.
  private static let memberPages = 5
  /// Names of everything else: there are no more MCP servers, and a page of names is for people.
  private static let named = PageRequest(limit: PageRequest.maximumLimit)

  let peers: PeerClients

  func read(for person: CallerIdentity) async throws -> ConsoleDirectory {
    async let integrations = peers.call(IntegrationEndpoints.list, person.asking(Self.named)).items
    async let servers = peers.call(MCPServerEndpoints.list, person.asking(Self.named)).items
    async let charms = peers.call(CharmEndpoints.list, person.asking(Self.named)).items
    async let applications = peers.call(ApplicationEndpoints.list, person.asking(Self.named)).items
    async let members = members(for: person)
    return ConsoleDirectory(
      members: try await members, integrations: try await integrations, servers: try await servers,
      charms: try await charms, applications: try await applications)
  }

  private func members(for person: CallerIdentity) async throws -> [User] {
    var members: [User] = []
    var page = Self.named
    for _ in 0..<Self.memberPages {
      let found = try await peers.call(UserEndpoints.list, person.asking(ListUsers(status: .active, page: page)))
      members += found.items
      guard let cursor = found.nextCursor else { break }
      page.cursor = cursor
    }
    return members
  }
}
