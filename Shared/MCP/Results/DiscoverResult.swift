/// What a modern server says about itself.
public struct DiscoverResult: Hashable, Sendable {
  public var supportedVersions: [String]
  /// As it is written.
  public var capabilities: JSONText
  public var server: Implementation?
  public var instructions: String?
  public var cache: CacheHint

  public init(
    supportedVersions: [String], capabilities: JSONText, server: Implementation?, instructions: String? = nil,
    cache: CacheHint = .never
  ) {
    self.supportedVersions = supportedVersions
    self.capabilities = capabilities
    self.server = server
    self.instructions = instructions
    self.cache = cache
  }

  /// Reads an answer; nil unless it is one to `server/discover`.
  public init?(_ message: MCPMessage) {
    guard let versions = message.text("supportedVersions", in: .result).flatMap({ try? JSONNode($0.bytes) })?.elements,
      let capabilities = message.text("capabilities", in: .result), capabilities.isObject
    else { return nil }
    self.init(
      supportedVersions: versions.compactMap(\.string), capabilities: capabilities,
      server: message.text(MetaName.serverInfo, in: .resultMeta).flatMap { Implementation($0) },
      instructions: message.string("instructions", in: .result), cache: CacheHint(message) ?? .never)
  }

  public var result: JSONText {
    .object(
      [
        ("resultType", JSONText(ResultType.complete.rawValue)),
        ("supportedVersions", .array(supportedVersions.map { JSONText($0) })), ("capabilities", capabilities),
        ("instructions", instructions.map { JSONText($0) }),
      ] + cache.members + [("_meta", server.map { .object([MetaName.serverInfo: $0.text]) })])
  }
}

extension CacheHint {
  /// The hint of a result, if it has a whole one.
  public init?(_ message: MCPMessage) {
    guard let milliseconds = message.text("ttlMs", in: .result)?.integer, milliseconds >= 0,
      let scope = message.string("cacheScope", in: .result).flatMap(Scope.init(rawValue:))
    else { return nil }
    self.init(milliseconds: milliseconds, scope: scope)
  }
}
