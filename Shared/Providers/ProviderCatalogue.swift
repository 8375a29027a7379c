public import Foundation

/// The providers that Lanyard knows.
public struct ProviderCatalogue: Sendable {
  /// The practice provider's id. Its row stays hidden unless the process is given its issuer.
  public static let sandboxID = "sandbox"
  static let sandboxVariable = "sandboxIssuer"

  /// Every row, by name.
  public let providers: [Provider]
  private let byID: [String: Provider]
  /// The rows by the URLs that they answer to besides their own, normalized.
  private let byAlternateURL: [String: Provider]

  /// Takes rows as they are; ``load(from:sandboxIssuer:)`` validates them first.
  public init(_ rows: [Provider]) {
    providers = rows.sorted { ($0.name.lowercased(), $0.id) < ($1.name.lowercased(), $1.id) }
    byID = Dictionary(rows.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let urls = rows.flatMap { row in row.alternateUrls.compactMap(ProviderURL.normalize).map { ($0, row) } }
    byAlternateURL = Dictionary(urls, uniquingKeysWith: { first, _ in first })
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

  /// The row that answers to a URL besides the one of its Integrations.
  ///
  /// - Parameter url: normalized.
  public func provider(alternatelyAt url: String) -> Provider? { byAlternateURL[url] }
}
