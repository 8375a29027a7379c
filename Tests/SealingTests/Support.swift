import Crypto
import Foundation
import Model
import Synchronization
import Testing

@testable import Sealing

/// `count` bytes that count up from `start`, as the known-answer inputs use them.
func counting(from start: UInt8, _ count: Int) -> [UInt8] { (0..<count).map { start &+ UInt8(truncatingIfNeeded: $0) } }

func hex(_ bytes: some Sequence<UInt8>) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

/// A folder that is removed when the value goes.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("sealing-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file with the given mode, as an operator might.
  func write(_ text: String, _ name: String, mode: Int = 0o600) throws -> String {
    let path = file(name)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  func mode(_ name: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: file(name))[.posixPermissions] as? Int
  }

  var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path) } }
}

/// A clock that a test moves by hand.
final class ManualClock: Sendable {
  private let start = ContinuousClock.now
  private let passed = Guarded(Duration.zero)

  var now: ContinuousClock.Instant { start + passed.value }

  func advance(by duration: Duration) { passed.update { $0 += duration } }
}

/// A value behind a lock.
final class Guarded<Value: Sendable>: Sendable {
  private let storage: Mutex<Value>

  init(_ value: Value) { storage = Mutex(value) }

  var value: Value { storage.withLock { $0 } }

  func update(_ change: (inout Value) -> Void) { storage.withLock { change(&$0) } }
}

extension RecordAddress {
  static let example = RecordAddress(
    organizationId: "org_a", kind: "connection", recordId: "con_1", field: "tokens", recordVersion: 7)

  func with(_ change: (inout RecordAddress) -> Void) -> RecordAddress {
    var copy = self
    change(&copy)
    return copy
  }
}

extension OrganizationKey {
  static func example(
    organizationId: String = "org_a", version: UInt32 = 2, start: UInt8 = 0
  ) -> OrganizationKey {
    OrganizationKey(
      organizationId: organizationId, version: version, key: SymmetricKey(data: counting(from: start, 32)))
  }
}

extension KeyringFile {
  static func example(in folder: TemporaryFolder, keyId: String = "r-1") throws -> KeyringFile {
    let file = KeyringFile(path: folder.file("keyring.json"))
    try file.create(try Keyring.generate(keyId: keyId))
    return file
  }
}
