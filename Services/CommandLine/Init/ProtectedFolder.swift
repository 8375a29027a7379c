import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Folders and files for this user alone.
enum ProtectedFolder {
  /// Makes a folder with mode 0700 unless it is there.
  static func make(_ path: String) throws {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
      guard isFolder.boolValue else { throw CommandFailure.configuration(["\(path) is not a folder"]) }
      return
    }
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw CommandFailure.configuration(["\(path) cannot be made"])
    }
  }

  /// Gives a file mode 0600.
  static func protectFile(_ path: String) throws {
    guard chmod(path, 0o600) == 0 else { throw CommandFailure.configuration(["\(path) cannot be protected"]) }
  }

  /// Runs `body` while no other command changes the folder.
  static func withLock<Result>(on folder: String, _ body: () throws -> Result) throws -> Result {
    let path = "\(folder)/.lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw CommandFailure.configuration(["\(path) cannot be opened"]) }
    // Closing the descriptor releases the lock.
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw CommandFailure.configuration(["\(folder) cannot be locked"]) }
    }
    return try body()
  }
}
