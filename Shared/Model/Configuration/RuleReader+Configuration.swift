/// Every bound of a configuration's document that is not one of its things' own.
public enum ConfigurationLimits {
  /// Entries of one list: what an organization of tens of thousands has, and still one body.
  public static let entries = 2_000
  /// Bytes of a text whose own limit the service knows: none may have more.
  static let textBytes = 8_192
  /// Entries of a list of scopes or tools; the service knows the narrower limits.
  static let texts = 1_000
  /// Characters of a secret's reference: it becomes the name of an environment variable.
  static let referenceCharacters = 100
}

extension RuleReader {
  /// Nil means that a problem was noted; a document may have some too.
  mutating func configuration(_ document: JSONValue, at place: JSONPointer) -> ConfigurationDocument? {
    let known = ["defaultEffect", "integrations", "mcpServers", "charms", "applications", "rules"]
    guard let object = object(document, at: place, known: known) else { return nil }
    return ConfigurationDocument(
      defaultEffect: optional("defaultEffect", of: object) { $0.choice($1, of: Decision.Effect.self) },
      integrations: entries("integrations", of: object) { $0.integration($1) },
      mcpServers: entries("mcpServers", of: object) { $0.mcpServer($1) },
      charms: entries("charms", of: object) { $0.charm($1) },
      applications: entries("applications", of: object) { $0.application($1) },
      rules: entries("rules", of: object, maximum: RuleLimits.rules) { $0.namedRule($1) })
  }

  private mutating func entries<Entry>(
    _ name: String, of object: Object, maximum: Int = ConfigurationLimits.entries,
    read: (inout RuleReader, Field) -> Entry?
  ) -> [Entry]? {
    optional(name, of: object) { reader, field in
      reader.array(field, maximum: maximum).compactMap { read(&reader, $0) }
    }
  }

  private mutating func integration(_ field: Field) -> ConfigurationDocument.Integration? {
    let known = [
      "name", "provider", "clientId", "clientSecret", "defaultScopes", "maximumScopes", "variables", "custom", "status",
    ]
    guard let object = object(field, known: known) else { return nil }
    let name = required("name", of: object) { $0.plain($1) }
    let provider = required("provider", of: object) { $0.plain($1) }
    let clientId = required("clientId", of: object) { $0.plain($1) }
    let entry = ConfigurationDocument.Integration(
      name: name ?? "", provider: provider ?? "", clientId: clientId ?? "",
      clientSecret: optional("clientSecret", of: object) { $0.reference($1) },
      defaultScopes: optional("defaultScopes", of: object) { $0.texts($1) },
      maximumScopes: optional("maximumScopes", of: object) { $0.texts($1) },
      variables: optional("variables", of: object) { $0.textMap($1) },
      custom: optional("custom", of: object) { $0.customProvider($1) },
      status: optional("status", of: object) { $0.choice($1, of: Integration.Status.self) })
    return name == nil || provider == nil || clientId == nil ? nil : entry
  }

  private mutating func mcpServer(_ field: Field) -> ConfigurationDocument.MCPServer? {
    let known = ["name", "url", "auth", "allowedTools", "description", "status", "pinning"]
    guard let object = object(field, known: known) else { return nil }
    let name = required("name", of: object) { $0.plain($1) }
    let url = required("url", of: object) { $0.plain($1) }
    let auth = required("auth", of: object) { $0.auth($1) }
    let allowedTools = optional("allowedTools", of: object) { $0.texts($1) }
    let description = optional("description", of: object) { $0.plain($1) }
    let status = optional("status", of: object) { $0.choice($1, of: MCPServer.Status.self) }
    let pinning = optional("pinning", of: object) { $0.flag($1) }
    guard let name, let url, let auth else { return nil }
    return ConfigurationDocument.MCPServer(
      name: name, url: url, auth: auth, allowedTools: allowedTools, description: description, status: status,
      pinning: pinning)
  }

  private mutating func auth(_ field: Field) -> ConfigurationDocument.Auth? {
    let known = ["type", "integration", "scopes", "token", "header", "prefix"]
    guard let object = object(field, known: known) else { return nil }
    let type = required("type", of: object) { $0.choice($1, of: MCPServerAuth.Method.self) }
    let integration = optional("integration", of: object) { $0.plain($1) }
    let scopes = optional("scopes", of: object) { $0.texts($1) }
    let token = optional("token", of: object) { $0.reference($1) }
    let header = optional("header", of: object) { $0.plain($1) }
    let prefix = optional("prefix", of: object) { $0.plain($1, mayBeEmpty: true) }
    return type.map {
      ConfigurationDocument.Auth(
        type: $0, integration: integration, scopes: scopes, token: token, header: header, prefix: prefix)
    }
  }

  private mutating func charm(_ field: Field) -> ConfigurationDocument.Charm? {
    guard let object = object(field, known: ["id", "name", "mcpServers"]) else { return nil }
    let id = required("id", of: object) { $0.plain($1) }
    let name = required("name", of: object) { $0.plain($1) }
    let servers = required("mcpServers", of: object) { reader, field in
      reader.array(field, maximum: ConfigurationLimits.entries).compactMap { reader.charmServer($0) }
    }
    guard let id, let name, let servers else { return nil }
    return ConfigurationDocument.Charm(id: id, name: name, mcpServers: servers)
  }

  private mutating func charmServer(_ field: Field) -> ConfigurationDocument.Charm.Server? {
    guard let object = object(field, known: ["mcpServer", "allowedTools"]) else { return nil }
    let server = required("mcpServer", of: object) { $0.plain($1) }
    let tools = optional("allowedTools", of: object) { $0.texts($1) }
    return server.map { ConfigurationDocument.Charm.Server(mcpServer: $0, allowedTools: tools) }
  }

  private mutating func application(_ field: Field) -> ConfigurationDocument.Application? {
    guard let object = object(field, known: ["id", "state", "tokenRelease"]) else { return nil }
    let id = required("id", of: object) { $0.plain($1) }
    let state = required("state", of: object) { $0.choice($1, of: Application.State.self) }
    let release = optional("tokenRelease", of: object) { $0.choice($1, of: Application.TokenRelease.self) }
    guard let id, let state else { return nil }
    return ConfigurationDocument.Application(id: id, state: state, tokenRelease: release)
  }

  /// A rule keeps its names; whether it is one can be said with anything in their place.
  private mutating func namedRule(_ field: Field) -> JSONValue? {
    let (user, integration, server) = (UserID.random(), IntegrationID.random(), MCPServerID.random())
    let trial = RuleNames.replacing(in: field.value) { kind, _, _ in
      switch kind {
      case .user: user.rawValue
      case .integration: integration.rawValue
      case .mcpServer: server.rawValue
      }
    }
    return draft(trial, at: field.place) == nil ? nil : field.value
  }

  private mutating func reference(_ field: Field) -> ConfigurationDocument.SecretReference? {
    guard let object = object(field, known: ["secretRef"]) else { return nil }
    let name: String? = required("secretRef", of: object) { reader, field in
      guard case .string(let name) = field.value, SecretReferenceName.isValid(name) else {
        reader.report(field.place, "must be a name of \(SecretReferenceName.description)")
        return nil
      }
      return name
    }
    return name.map { ConfigurationDocument.SecretReference($0) }
  }
}

/// Names by which a document speaks of secrets.
public enum SecretReferenceName {
  public static let description =
    "1 to \(ConfigurationLimits.referenceCharacters) small letters, digits, '.', '_' and '-', a letter or digit first"

  public static func isValid(_ name: String) -> Bool {
    let bytes = name.utf8
    guard (1...ConfigurationLimits.referenceCharacters).contains(bytes.count), let first = bytes.first else {
      return false
    }
    return isWord(first) && bytes.allSatisfy { isWord($0) || ".-_".utf8.contains($0) }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
