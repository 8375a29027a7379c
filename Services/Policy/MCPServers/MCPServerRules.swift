import MCP
import Model
import Providers

/// What the parts of an MCP server's definition must look like. Every failure names the field and never repeats the
/// value.
struct MCPServerRules: Sendable {
  /// `host:port` entries of the operator's allow list: servers there may use http.
  let insecureHosts: Set<String>

  /// Headers that the gateway writes itself, or that would change how the message is read or routed.
  private static let reservedHeaders: Set<String> = [
    "accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect", "host",
    "keep-alive", "last-event-id", "origin", "te", "trailer", "transfer-encoding", "upgrade",
  ]
  private static let reservedPrefixes = ["mcp-", "proxy-", "sec-"]

  func check(name: String) throws { try TextRules.check(name, field: "name", maximum: PolicyLimits.nameLength) }

  /// An absolute URL without user and fragment, https except on the operator's allow list.
  func check(url text: String) throws {
    guard let url = ProviderURL(text) else {
      throw Self.invalid("url", "must be a plain https URL without user name and fragment.")
    }
    guard url.isHTTPS || insecureHosts.contains("\(url.host):\(url.port ?? 80)") else {
      throw Self.invalid("url", "must use https; http is for hosts on the operator's egress allow list only.")
    }
  }

  func check(description: String?) throws {
    try TextRules.check(description, field: "description", maximum: PolicyLimits.descriptionLength)
  }

  /// Names of tools, each once. The order stays.
  static func tools(_ names: [String]?, field: String = "allowedTools") throws -> [String]? {
    guard let names else { return nil }
    guard names.count <= PolicyLimits.toolCount else {
      throw invalid(field, "must have at most \(PolicyLimits.toolCount) names.")
    }
    guard names.allSatisfy(ToolName.isConventional) else {
      throw invalid(
        field, "holds a text that is no tool's name: 1 to \(ToolName.maximumBytes) letters, digits, dots, '-' and '_'.")
    }
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }

  /// The authentication without its token, complete. Refuses what does not go with the type, since it would be lost
  /// silently.
  func auth(_ input: MCPServerAuthInput) throws -> MCPServerAuth {
    if input.type != .staticToken {
      try Self.refuse(input.token, "auth.token", "staticToken")
      try Self.refuse(input.header, "auth.header", "staticToken")
      try Self.refuse(input.prefix, "auth.prefix", "staticToken")
    }
    if input.type != .oauth {
      try Self.refuse(input.integrationId, "auth.integrationId", "oauth")
      try Self.refuse(input.scopes, "auth.scopes", "oauth")
      try Self.refuse(input.registration, "auth.registration", "oauth")
    }
    switch input.type {
    case .none: return MCPServerAuth(type: .none)
    case .oauth:
      guard input.registration == nil || input.integrationId == nil else {
        throw Self.invalid("auth.registration", "goes without auth.integrationId only.")
      }
      let scopes = try input.scopes.map { try TextRules.scopes($0, field: "auth.scopes") }
      return MCPServerAuth(type: .oauth, integrationId: input.integrationId, scopes: scopes)
    case .staticToken:
      let header = input.header ?? MCPServerAuth.standardHeader
      try Self.check(header: header)
      let isStandard = header.lowercased() == MCPServerAuth.standardHeader.lowercased()
      let prefix = try Self.prefix(input.prefix ?? (isStandard ? MCPServerAuth.standardPrefix : ""))
      return MCPServerAuth(type: .staticToken, header: header, prefix: prefix)
    }
  }

  /// A token as it can stand in a header (RFC 9110 section 5.5): visible ASCII, blanks only inside.
  static func token(_ token: WireSecret) throws -> WireSecret {
    let fits = token.secret.expose { text in
      (1...PolicyLimits.staticTokenBytes).contains(text.utf8.count) && isFieldValue(text)
    }
    guard fits else {
      throw invalid(
        "auth.token", "must have 1 to \(PolicyLimits.staticTokenBytes) visible ASCII characters, blanks only inside.")
    }
    return token
  }

  private static func check(header: String) throws {
    guard (1...PolicyLimits.headerNameLength).contains(header.utf8.count), header.utf8.allSatisfy(isTokenByte) else {
      throw invalid("auth.header", "must be the name of a header (RFC 9110 section 5.1).")
    }
    let name = header.lowercased()
    guard !reservedHeaders.contains(name), !reservedPrefixes.contains(where: name.hasPrefix) else {
      throw invalid("auth.header", "is a header that Lanyard or HTTP itself writes.")
    }
  }

  /// One blank stands between prefix and token in any case, so one at the end of the prefix means the same.
  private static func prefix(_ text: String) throws -> String {
    let prefix = text.hasSuffix(" ") ? String(text.dropLast()) : text
    guard prefix.utf8.count <= PolicyLimits.headerNameLength, prefix.isEmpty || isFieldValue(prefix) else {
      throw invalid(
        "auth.prefix",
        "must have at most \(PolicyLimits.headerNameLength) visible ASCII characters, blanks only inside.")
    }
    return prefix
  }

  private static func isFieldValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && text.first != " " && text.last != " "
  }

  /// RFC 9110 section 5.6.2.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    let scalar = Unicode.Scalar(byte)
    return scalar.properties.isAlphabetic && scalar.isASCII || ("0"..."9").contains(scalar)
      || "!#$%&'*+-.^_`|~".unicodeScalars.contains(scalar)
  }

  private static func refuse(_ value: (some Any)?, _ field: String, _ type: String) throws {
    guard value == nil else { throw invalid(field, "goes with the type \"\(type)\" only.") }
  }

  static func invalid(_ field: String, _ problem: String) -> ServiceError {
    ServiceError(.invalidRequest, "\(field) \(problem)", facts: ["fields": [field]])
  }
}
