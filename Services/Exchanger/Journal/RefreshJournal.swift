import Foundation
import Model
import NIOPosix
import Sealing

/// Provider answers that could not be stored yet, each in a file of its own, sealed to the vault's public key.
///
/// A rotated refresh token exists nowhere else: the file is on disk, flushed, before anyone is told that storing failed. This process can write
/// entries and not read them.
struct RefreshJournal: Sendable {
  private static let suffix = ".entry.json"

  private let directory: URL
  private let key: JournalPublicKey

  /// - Throws: `CocoaError` when the folder cannot be made, ``JournalError`` for a key that cannot be used.
  init(directory: String, publicKeyFile: String) throws {
    self.directory = URL(fileURLWithPath: directory, isDirectory: true)
    key = try JournalPublicKey.load(publicKeyFile)
    try FileManager.default.createDirectory(
      at: self.directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  /// Writes an entry and flushes it, with its folder, to the disk.
  func append(_ request: CommitRefresh) async throws {
    let plaintext = Secret(Array(try WireJSON.encode(request.tokens)))
    let sealed = try JournalSeal.seal(
      plaintext, authenticating: Array(try WireJSON.encode(request.lease)), to: key)
    let entry = try WireJSON.encode(
      ReplayRefresh(lease: request.lease, sealedTokens: Data(sealed).base64EncodedString()))
    let file = url(of: request.lease)
    try await Self.offThePool { try Self.write(entry, to: file) }
  }

  /// Every entry that waits, oldest name first. A file that is no entry is left alone.
  func entries() async throws -> [ReplayRefresh] {
    let directory = directory
    return try await Self.offThePool {
      try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
        .filter { $0.lastPathComponent.hasSuffix(Self.suffix) }
        .sorted { $0.lastPathComponent < $1.lastPathComponent }
        .compactMap { try? WireJSON.decode(ReplayRefresh.self, from: Data(contentsOf: $0)) }
    }
  }

  /// Forgets an entry that has been stored, or that the vault no longer wants. One that is gone already is fine.
  func remove(_ lease: LeaseReference) async throws {
    let file = url(of: lease)
    try await Self.offThePool {
      guard FileManager.default.fileExists(atPath: file.path) else { return }
      try FileManager.default.removeItem(at: file)
    }
  }

  /// Takes an entry that the vault refuses out of the row.
  func setAside(_ lease: LeaseReference) async throws {
    let file = url(of: lease)
    try await Self.offThePool {
      try FileManager.default.moveItem(at: file, to: file.appendingPathExtension("refused"))
    }
  }

  private func url(of lease: LeaseReference) -> URL {
    directory.appendingPathComponent("\(lease.connectionId.rawValue).\(lease.fence)\(Self.suffix)")
  }

  private static func write(_ entry: Data, to file: URL) throws {
    let temporary = file.appendingPathExtension("new")
    guard FileManager.default.createFile(atPath: temporary.path, contents: nil, attributes: [.posixPermissions: 0o600])
    else { throw CocoaError(.fileWriteUnknown) }
    let handle = try FileHandle(forWritingTo: temporary)
    defer { try? handle.close() }
    try handle.write(contentsOf: entry)
    try handle.synchronize()
    // Replaces an entry of the same lease: there can be only one answer to it.
    guard rename(temporary.path, file.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    // The name is durable only when the folder is.
    let folder = try FileHandle(forReadingFrom: file.deletingLastPathComponent())
    defer { try? folder.close() }
    try folder.synchronize()
  }

  private static func offThePool<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value
  {
    try await NIOThreadPool.singleton.runIfActive(work)
  }
}
