import FoundationEssentials
import Model

/// The file that holds the root keys. It lives outside the database and its backups.
///
/// Loading never creates or repairs anything: a keyring that appeared by itself would hide the loss of the real one.
/// The calls block for the time of a small disk access: use them at start, in commands, or off the cooperative pool.
public struct KeyringFile: Sendable {
  /// Where it is.
  public let path: String

  /// Names the file; nothing is read yet.
  public init(path: String) { self.path = path }

  /// Reads and checks the file: mode 0600 and ours, version, ids, states, exactly one primary, check values.
  ///
  /// - Throws: ``KeyringError`` with every problem, never with key material.
  public func load() throws -> Keyring {
    var bytes: [UInt8]
    do {
      bytes = try PrivateFile.read(path)
    } catch let error as PrivateFileError {
      throw KeyringError(problems: error.problems)
    }
    var data = Data(bytes)
    defer {
      bytes.wipe()
      data.wipe()
    }
    // The decoder's own error quotes the text that it met, so it goes no further.
    guard let document = try? WireJSON.decode(KeyringDocument.self, from: data) else {
      throw KeyringError("\(path) is not a JSON object")
    }
    do {
      return try document.keyring()
    } catch let error as KeyringError {
      throw KeyringError(problems: error.problems.map { "\(path): \($0)" })
    }
  }

  /// Writes a new file with mode 0600; refuses when there is one already.
  public func create(_ keyring: Keyring) throws { try write(keyring, replacing: false) }

  /// Loads, changes and writes back in one step that other processes on this machine cannot interleave with.
  ///
  /// A reader sees the old file or the new one, also after a crash.
  public func update<Result>(_ change: (inout Keyring) throws -> Result) throws -> Result {
    do {
      return try PrivateFile.withFolderLock(of: path) {
        var keyring = try load()
        let result = try change(&keyring)
        try write(keyring, replacing: true)
        return result
      }
    } catch let error as PrivateFileError {
      throw KeyringError(problems: error.problems)
    }
  }

  private func write(_ keyring: Keyring, replacing: Bool) throws {
    var data = try WireJSON.encode(KeyringDocument(keyring))
    var bytes = Array(data) + [UInt8(ascii: "\n")]
    defer {
      data.wipe()
      bytes.wipe()
    }
    do {
      try PrivateFile.write(bytes, to: path, replacing: replacing)
    } catch let error as PrivateFileError {
      throw KeyringError(problems: error.problems)
    }
  }
}
