public import Foundation

/// The providers that Lanyard knows.
public struct ProviderCatalogue: Sendable {
  /// The practice provider's id. Its row stays hidden unless the process is given its issuer.
  public static let sandboxID = "sandbox"
  static let sandboxVariable = "sandboxIssuer"

  /// Every row, by name.
  public let providers: [Provider]
  private let byID: [String: Provider]
  /// The rows by every URL that they answer to without a variable, normalized.
  private let byURL: [String: Provider]

  /// Takes rows as they are; ``load(from:sandboxIssuer:)`` validates them first.
  public init(_ rows: [Provider]) {
    providers = rows.sorted { ($0.name.lowercased(), $0.id) < ($1.name.lowercased(), $1.id) }
    byID = Dictionary(rows.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let urls = rows.flatMap { row in
      let insecure = Set(row.variables.values.compactMap(\.defaultValue).compactMap(Self.insecureHost))
      let own = try? row.resolve(insecureHosts: insecure).provider.providerUrl
      return (row.alternateUrls + [own].compactMap(\.self)).compactMap(ProviderURL.normalize).map { ($0, row) }
    }
    byURL = Dictionary(urls, uniquingKeysWith: { first, _ in first })
  }

  /// Reads the rows, one JSON file each, and checks every one of them.
  ///
  /// - Parameters:
  ///   - directory: where the files are; the catalogue that comes with the executable unless given.
  ///   - sandboxIssuer: the practice provider's issuer; nil hides the row.
  /// - Throws: ``ProviderError``; a broken row stops the process at start rather than a person in the middle of a
  ///   consent.
  public static func load(from directory: URL? = nil, sandboxIssuer: String? = nil) throws -> ProviderCatalogue {
    let folder = directory ?? Bundle.module.bundleURL.appendingPathComponent("Catalogue", isDirectory: true)
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
      throw ProviderError.catalogueUnreadable(file: "folder")
    }
    var rows: [Provider] = []
    for name in names.sorted() where name.hasSuffix(".json") {
      guard let data = FileManager.default.contents(atPath: folder.appendingPathComponent(name).path),
        var row = try? JSONDecoder().decode(Provider.self, from: data)
      else { throw ProviderError.catalogueUnreadable(file: name) }
      guard name == "\(row.id).json" else {
        throw ProviderError.invalid(field: "id", reason: "file \(name) holds another")
      }
      if row.id == sandboxID {
        guard let sandboxIssuer else { continue }
        row.variables[sandboxVariable]?.defaultValue = sandboxIssuer
      }
      try row.validate()
      rows.append(row)
    }
    let catalogue = ProviderCatalogue(rows)
    guard catalogue.byID.count == rows.count else {
      throw ProviderError.invalid(field: "id", reason: "it is used twice")
    }
    return catalogue
  }

  /// The row with this id.
  public func provider(_ id: String) -> Provider? { byID[id] }

  /// The row with this id.
  /// - Throws: ``ProviderError/unknownProvider(_:)``.
  public func require(_ id: String) throws -> Provider {
    guard let row = byID[id] else { throw ProviderError.unknownProvider(id) }
    return row
  }

  /// A row that answers to a URL, and the variables that the URL gives away.
  public struct Match: Sendable {
    public let provider: Provider
    public let variables: [String: String]
  }

  /// Finds the row for a URL that an app names. Trailing slash, default port and the host's case do not matter.
  /// Rows whose whole host is free match by their default only: otherwise they would match everything.
  public func match(providerUrl: String) -> Match? {
    guard let wanted = ProviderURL.normalize(providerUrl) else { return nil }
    if let row = byURL[wanted] { return Match(provider: row, variables: [:]) }
    for row in providers {
      if let variables = row.variables(matching: wanted) { return Match(provider: row, variables: variables) }
    }
    return nil
  }

  private static func insecureHost(_ value: String) -> String? {
    ProviderURL(value).flatMap { $0.isHTTPS ? nil : "\($0.host):\($0.port ?? 80)" }
  }
}

extension Provider {
  /// The value of the one variable in ``providerUrl`` that turns it into the given normalized URL.
  fileprivate func variables(matching url: String) -> [String: String]? {
    guard let template = Template(providerUrl), template.places.count == 1, let name = template.places.first,
      let variable = variables[name], !variable.freeHost, variable.from == .admin
    else { return nil }
    guard let place = template.parts.firstIndex(of: .place(name)) else { return nil }
    let sides = [template.parts[..<place], template.parts[(place + 1)...]].map { side in
      side.map { if case .literal(let text) = $0 { text } else { "" } }.joined()
    }
    guard url.hasPrefix(sides[0]), url.hasSuffix(sides[1]), url.count > sides[0].count + sides[1].count else {
      return nil
    }
    let value = String(url.dropFirst(sides[0].count).dropLast(sides[1].count))
    return variable.accepts(value) ? [name: value] : nil
  }
}
