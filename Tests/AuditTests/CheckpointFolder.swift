import Foundation
import Model
import PostgreSQL
import ServiceTokens
import TestSupport

@testable import Audit

/// A folder for checkpoints that goes with the test, and the keys of the services that write there.
final class CheckpointFolder: Sendable {
  let path: String
  let keys: TestServiceKeys

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("checkpoints-\(UUID())").path
    keys = try TestServiceKeys()
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var signer: StatementSigner { StatementSigner(key: keys.key(of: .vault)) }

  /// A prepared file of the vault.
  func file(maximumBytes: Int = CheckpointFile.standardMaximumBytes) throws -> CheckpointFile {
    let file = CheckpointFile(folder: path, service: .vault, maximumBytes: maximumBytes)
    try file.prepare()
    return file
  }

  /// Signs places as the vault does.
  func sign(
    _ positions: [AuditPosition], of chain: AuditChain, _ kind: Checkpoint.Kind = .position, at time: Date = Date()
  ) throws {
    let lines = try positions.map {
      try Checkpoint(kind, of: chain, at: $0, service: .vault, now: time, by: signer).line()
    }
    try file().append(lines)
  }

  func read(_ chain: AuditChain? = nil) throws -> CheckpointSet {
    try CheckpointSet(folders: [path], service: .vault, keys: [keys.keySet], chain: chain)
  }

  /// Every file's lines.
  func lines() throws -> [[String]] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted().map { name in
      let text = try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
      return text.split(separator: "\n").map(String.init)
    }
  }
}

extension AuditDatabase {
  /// The places of a chain.
  static func positions(of chain: AuditChain, _ client: PostgresClient) async throws -> [AuditPosition] {
    try await client.transaction(in: AuditChain.context([chain.name])) { transaction in
      try await AuditStore.page(of: chain.name, after: 0, limit: 100_000, in: transaction).map(\.position)
    }
  }
}
