import Crypto
public import FoundationEssentials

/// One numbered SQL file: `0001_connections.sql`.
public struct Migration: Hashable, Sendable {
  /// From 1, without gaps.
  public let version: Int
  /// The part of the file's name after the number.
  public let name: String
  /// SHA-256 of the file, in hexadecimal.
  public let checksum: String
  let text: String

  /// Digits of the number in a file's name.
  private static let digits = 4

  /// Reads all migrations of a directory, in order.
  ///
  /// - Throws: ``MigrationError`` for a name that does not fit, a gap, or a number that occurs twice.
  public static func load(from directory: URL) throws -> [Migration] {
    let files: [String]
    do {
      files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    } catch {
      throw MigrationError.unreadable(directory.lastPathComponent)
    }
    let migrations = try files.filter { $0.hasSuffix(".sql") }.sorted().map { file in
      guard let contents = FileManager.default.contents(atPath: directory.appending(path: file).path) else {
        throw MigrationError.unreadable(file)
      }
      return try Migration(file: file, contents: contents)
    }
    for (index, migration) in migrations.enumerated() where migration.version != index + 1 {
      throw MigrationError.outOfOrder(version: migration.version, expected: index + 1)
    }
    return migrations
  }

  init(file: String, contents: Data) throws(MigrationError) {
    let stem = file.dropLast(".sql".count)
    let number = stem.prefix(Self.digits)
    let rest = stem.dropFirst(Self.digits)
    guard number.count == Self.digits, number.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let version = Int(number), rest.hasPrefix("_"), rest.count > 1
    else { throw .badName(file) }
    guard let text = String(validating: contents, as: UTF8.self), !text.contains("\0") else { throw .unreadable(file) }
    self.version = version
    self.text = text
    name = String(rest.dropFirst())
    checksum = SHA256.hash(data: contents).map { byte in
      let hex = String(byte, radix: 16)
      return byte < 16 ? "0" + hex : hex
    }.joined()
  }
}

/// Why migrations were refused or stopped. Nothing of the one that failed remains.
public enum MigrationError: Error, Hashable, Sendable {
  case unreadable(String)
  /// The file's name is not four digits, an underscore, a name and `.sql`.
  case badName(String)
  case outOfOrder(version: Int, expected: Int)
  /// The file differs from the one that was applied. Write a new migration instead of changing an old one.
  case changed(version: Int, name: String)
  /// The database has a migration that there is no file for: it belongs to a newer program.
  case missing(version: Int, name: String)
  case failed(version: Int, name: String, PostgresError)
  /// The text has `:"name"`, and no such variable was given.
  case unknownVariable(version: Int, name: String)
}

extension MigrationError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let file): "migration file \(file) cannot be read as UTF-8"
    case .badName(let file): "\(file) is not named like 0001_name.sql"
    case .outOfOrder(let version, let expected): "migration \(version) where \(expected) was expected"
    case .changed(let version, let name): "migration \(version) (\(name)) was changed after it had been applied"
    case .missing(let version, let name): "migration \(version) (\(name)) is applied, but has no file"
    case .failed(let version, let name, let error): "migration \(version) (\(name)) failed: \(error)"
    case .unknownVariable(let version, let name): "migration \(version) uses the unknown variable \(name)"
    }
  }
}
