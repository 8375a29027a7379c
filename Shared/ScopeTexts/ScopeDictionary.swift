import Foundation

/// The words for the scopes of the built-in providers, read once from the files beside this code.
///
/// One file per provider, named by its id in the provider catalogue, and `general` for what OpenID Connect defines for everyone. The texts
/// are ours; what a scope means is each provider's documentation of it.
public struct ScopeDictionary: Sendable {
  private struct Texts: Decodable {
    var ordinary: [String: String]
    var sensitive: [String: String]
  }

  private static let general = "general"

  private let entries: [String: [String: ScopeText]]

  /// - Throws: when a file is missing or malformed, which is a defect of the build.
  public init() throws {
    let folder = Bundle.module.bundleURL.appendingPathComponent("Texts", isDirectory: true)
    var entries: [String: [String: ScopeText]] = [:]
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    where file.pathExtension == "json" {
      let texts = try JSONDecoder().decode(Texts.self, from: try Data(contentsOf: file))
      entries[file.deletingPathExtension().lastPathComponent] = Self.entries(texts)
    }
    self.entries = entries
  }

  /// Ids of the providers that have a file of their own.
  public var providers: Set<String> { Set(entries.keys).subtracting([Self.general]) }

  /// The words for a scope of a provider.
  ///
  /// - Parameters:
  ///   - scope: as it is asked for.
  ///   - provider: an id of the catalogue; any other, such as `custom`, knows the general ones and ``ScopePattern``.
  public func text(for scope: String, of provider: String) -> ScopeText {
    // Some providers name a scope by a URL of the API it belongs to: https://graph.microsoft.com/Mail.Read.
    let short = scope.hasPrefix("https://") ? scope.split(separator: "/").last.map(String.init) : nil
    for source in [provider, Self.general] {
      for name in [scope, short].compactMap({ $0 }) {
        if var found = entries[source]?[name] {
          found.scope = scope
          return found
        }
      }
    }
    return ScopePattern.text(for: scope)
  }

  private static func entries(_ texts: Texts) -> [String: ScopeText] {
    var entries: [String: ScopeText] = [:]
    for (scope, text) in texts.ordinary {
      entries[scope] = ScopeText(scope: scope, description: text, isSensitive: false)
    }
    for (scope, text) in texts.sensitive {
      entries[scope] = ScopeText(scope: scope, description: text, isSensitive: true)
    }
    return entries
  }
}
