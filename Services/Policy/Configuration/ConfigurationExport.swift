import Crypto
import FoundationEssentials
import Model
import ServiceKit

/// An organization as a document. The same organization always gives the same text.
struct ConfigurationExport: Sendable {
  let document: ConfigurationDocument
  /// Another one with every change of what the document shows.
  let version: String
  /// Of the document as JSON.
  private let bytes: Int

  /// Bytes of a document that reach the gateway: an answer's most, less what stands around the document.
  private static let maximumBytes = PeerClient.maximumAnswerBytes - 1_024
  /// Bytes of the hash that make a version: enough that no two states meet by chance.
  private static let versionBytes = 16
  /// Characters of a thing's name in the reference to its secret.
  private static let referenceCharacters = 64

  /// - Throws: `conflict` where two things of a kind have one name, by which a document could not tell them apart.
  init(_ state: ConfigurationState) throws {
    try Self.requireOneName(state.ownIntegrations.map { ($0.name, $0.id.rawValue) }, "Integrations")
    try Self.requireOneName(state.servers.map { ($0.name, $0.id.rawValue) }, "MCP servers")
    try Self.requireOneName(state.rules.map { ($0.draft.name, $0.id.rawValue) }, "rules")
    var references = References()
    let integrationNames = Dictionary(uniqueKeysWithValues: state.ownIntegrations.map { ($0.id.rawValue, $0.name) })
    let serverNames = Dictionary(uniqueKeysWithValues: state.servers.map { ($0.id.rawValue, $0.name) })
    let integrations = state.ownIntegrations.sorted { $0.name < $1.name }.map { Self.entry($0, &references) }
    let servers = state.servers.sorted { $0.name < $1.name }.map { Self.entry($0, integrationNames, &references) }
    document = ConfigurationDocument(
      defaultEffect: state.defaultEffect, integrations: integrations, mcpServers: servers,
      charms: state.charms.sorted { $0.id < $1.id }.map { Self.entry($0, serverNames) },
      applications: state.applications.filter(\.hasOwnSetting).sorted { $0.id < $1.id }.map(Self.entry),
      rules: try state.rules.sorted { $0.draft.name < $1.draft.name }.map {
        try Self.entry($0.draft, integrationNames, serverNames, state.members)
      })
    let text = try WireJSON.encode(document)
    bytes = text.count
    let hash = SHA256.hash(data: text)
    version = hash.prefix(Self.versionBytes).map { byte in
      let text = String(byte, radix: 16)
      return byte < 16 ? "0\(text)" : text
    }.joined()
  }

  /// A document that nobody could read is not handed out. Its version is good all the same.
  ///
  /// - Throws: `conflict` that names what there is too much of.
  func requireReadable() throws {
    let lists = [
      ("Integrations", document.integrations?.count), ("MCP servers", document.mcpServers?.count),
      ("Charms", document.charms?.count), ("Applications with settings of their own", document.applications?.count),
    ]
    for case (let noun, let count?) in lists where count > ConfigurationLimits.entries {
      throw ServiceError(
        .conflict,
        "The organization has \(count) \(noun), and a configuration holds \(ConfigurationLimits.entries) of a kind. Read "
          + "them from their own list, which has pages.")
    }
    guard bytes <= Self.maximumBytes else {
      throw ServiceError(
        .conflict,
        "The organization's configuration has \(bytes) bytes, and a document has \(Self.maximumBytes). Read its parts "
          + "from their own lists, which have pages.")
    }
  }

  private static func requireOneName(_ things: [(name: String, id: String)], _ noun: String) throws {
    let twice = Dictionary(grouping: things, by: \.name).filter { $0.value.count > 1 }
    guard let (name, same) = twice.min(by: { $0.key < $1.key }) else { return }
    let ids = same.map(\.id).sorted()
    throw ServiceError(
      .conflict,
      "Several \(noun) are named \"\(name)\" (\(ids.joined(separator: ", "))). A configuration knows them by their names: "
        + "rename or delete all but one.", facts: ["ids": ids])
  }

  private static func entry(
    _ record: IntegrationRecord, _ references: inout References
  ) -> ConfigurationDocument.Integration {
    ConfigurationDocument.Integration(
      name: record.name, provider: record.provider, clientId: record.clientId,
      clientSecret: record.custom?.clientAuth == ClientAuthentication.none
        ? nil : references.make(record.name, "client-secret"),
      defaultScopes: record.defaultScopes, maximumScopes: record.maximumScopes,
      variables: record.variables.isEmpty ? nil : record.variables, custom: record.custom,
      status: record.status == .enabled ? nil : record.status)
  }

  private static func entry(
    _ record: MCPServerRecord, _ integrations: [String: String], _ references: inout References
  ) -> ConfigurationDocument.MCPServer {
    let auth = record.auth
    let integration = auth.integrationId.flatMap { integrations[$0.rawValue] }
    // What was found by the URL is found again elsewhere.
    let isFound = auth.integrationId != nil && integration == nil
    return ConfigurationDocument.MCPServer(
      name: record.name, url: record.url,
      auth: ConfigurationDocument.Auth(
        type: auth.type, integration: integration, scopes: isFound ? nil : auth.scopes,
        token: auth.type == .staticToken ? references.make(record.name, "token") : nil, header: auth.header,
        prefix: auth.prefix), allowedTools: record.allowedTools, description: record.description,
      status: record.status == .enabled ? nil : record.status, pinning: record.pinning ? true : nil)
  }

  private static func entry(_ charm: Charm, _ servers: [String: String]) -> ConfigurationDocument.Charm {
    ConfigurationDocument.Charm(
      id: charm.id, name: charm.name,
      mcpServers: charm.mcpServers.map {
        .init(mcpServer: servers[$0.mcpServerId.rawValue] ?? $0.mcpServerId.rawValue, allowedTools: $0.allowedTools)
      })
  }

  private static func entry(_ application: Application) -> ConfigurationDocument.Application {
    ConfigurationDocument.Application(
      id: application.id, state: application.state,
      tokenRelease: application.tokenRelease == .release ? nil : application.tokenRelease)
  }

  private static func entry(
    _ draft: RuleDraft, _ integrations: [String: String], _ servers: [String: String], _ members: [UserID: String]
  ) throws -> JSONValue {
    let rule = try WireJSON.decode(JSONValue.self, from: try WireJSON.encode(draft))
    return RuleNames.replacing(in: rule) { kind, _, id in
      switch kind {
      case .user: members[UserID(rawValue: id)] ?? id
      case .integration: integrations[id] ?? id
      case .mcpServer: servers[id] ?? id
      }
    }
  }

  /// Names for secrets, made of the names of their things, each once.
  private struct References {
    private var taken: Set<String> = []

    mutating func make(_ name: String, _ ending: String) -> ConfigurationDocument.SecretReference {
      let words = name.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
      let stem = words.isEmpty ? ending : "\(words.joined(separator: "-").prefix(referenceCharacters))-\(ending)"
      var reference = stem
      var number = 2
      while !taken.insert(reference).inserted {
        reference = "\(stem)-\(number)"
        number += 1
      }
      return ConfigurationDocument.SecretReference(reference)
    }
  }
}
