import FoundationEssentials

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Why a file was refused or could not be written. Texts name the file and the remedy, never its content.
public struct PrivateFileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// One sentence each.
  public var problems: [String]

  public var description: String { problems.joined(separator: "; ") }
}

/// Reads and writes small files that only their owner may see: keyrings, private keys.
///
/// The calls block for the time of a small disk access: use them at start, in commands, or off the cooperative pool.
public enum PrivateFile {
  /// The mode that files are written with.
  static let mode: mode_t = 0o600
  /// Key files are a few hundred bytes; a megabyte is certainly the wrong file.
  public static let maximumBytes = 1 << 20

  /// Who may be able to read the file that is opened.
  public enum Protection: Sendable {
    /// At most mode 0600 and owned by this process's user.
    case ownerOnly
    /// Anyone may read it, only the owner (this user or root) may change it: public keys.
    case ownerWrites
  }

  /// Reads a regular file after checking its owner and mode on the opened descriptor, so it cannot be swapped in
  /// between. Symbolic links are followed, since mounted secrets are links; the target is what is checked.
  ///
  /// - Throws: ``PrivateFileError`` with everything that is wrong.
  public static func read(_ path: String, protection: Protection = .ownerOnly) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure("cannot be opened", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("cannot be examined", path) }
    let problems = problems(of: status, protection, path)
    guard problems.isEmpty else { throw PrivateFileError(problems: problems) }
    // One byte more than the size tells a file that grows under our hands.
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { Self.read(descriptor, into: $0, from: filled) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure("cannot be read", path) }
      if count == 0 { break }
      filled += count
    }
    guard filled == Int(status.st_size) else {
      bytes.wipe()
      throw PrivateFileError(problems: ["\(path) changed while it was read"])
    }
    bytes.removeLast()
    return bytes
  }

  /// Writes a file with mode 0600 so that a reader sees either the old or the new content, also after a crash.
  ///
  /// - Parameter replacing: Whether an existing file may be replaced; when false and it exists, nothing changes.
  /// - Throws: ``PrivateFileError``.
  public static func write(_ bytes: [UInt8], to path: String, replacing: Bool) throws {
    let folder = folder(of: path)
    let temporary = "\(path).\(getpid())-\(UInt32.random(in: .min ... .max)).new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { throw failure("cannot be written", path) }
    var isMoved = false
    defer {
      close(descriptor)
      if !isMoved { unlink(temporary) }
    }
    // The mode given to open is narrowed by the umask.
    guard fchmod(descriptor, mode) == 0 else { throw failure("cannot be protected", path) }
    try writeAll(bytes, descriptor, path)
    guard fsync(descriptor) == 0 else { throw failure("cannot be written", path) }
    if replacing {
      guard rename(temporary, path) == 0 else { throw failure("cannot be replaced", path) }
      isMoved = true
    } else {
      // Unlike rename, link fails when the name is taken.
      guard link(temporary, path) == 0 else {
        if errno == EEXIST { throw PrivateFileError(problems: ["\(path) exists already and is not replaced"]) }
        throw failure("cannot be created", path)
      }
    }
    try synchronize(folder)
  }

  /// Runs `body` while no other process of ours changes a file in the same folder.
  static func withFolderLock<Result>(of path: String, _ body: () throws -> Result) throws -> Result {
    let folder = folder(of: path)
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot be opened", folder) }
    // Closing the descriptor releases the lock.
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw failure("cannot be locked", folder) }
    }
    return try body()
  }

  private static func problems(of status: stat, _ protection: Protection, _ path: String) -> [String] {
    guard status.st_mode & S_IFMT == S_IFREG else { return ["\(path) is not a regular file"] }
    var problems: [String] = []
    let permissions = status.st_mode & 0o7777
    let text = "0" + String(permissions, radix: 8)
    switch protection {
    case .ownerOnly:
      if permissions & ~mode != 0 { problems.append("\(path) has mode \(text), it must be 0600 (chmod 600)") }
      if status.st_uid != geteuid() { problems.append("\(path) belongs to another user, it must be ours (chown)") }
    case .ownerWrites:
      if permissions & 0o022 != 0 { problems.append("\(path) has mode \(text), others must not write it (chmod 644)") }
      if status.st_uid != geteuid() && status.st_uid != 0 {
        problems.append("\(path) belongs to another user, it must be ours or root's (chown)")
      }
    }
    if status.st_size > maximumBytes { problems.append("\(path) is larger than \(maximumBytes) bytes") }
    return problems
  }

  private static func read(_ descriptor: Int32, into memory: UnsafeMutableRawBufferPointer, from offset: Int) -> Int {
    let rest = UnsafeMutableRawBufferPointer(rebasing: memory[offset...])
    #if canImport(Darwin)
      return Darwin.read(descriptor, rest.baseAddress, rest.count)
    #elseif canImport(Glibc)
      return Glibc.read(descriptor, rest.baseAddress, rest.count)
    #else
      return Musl.read(descriptor, rest.baseAddress, rest.count)
    #endif
  }

  private static func writeAll(_ bytes: [UInt8], _ descriptor: Int32, _ path: String) throws {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { memory in
        let rest = UnsafeRawBufferPointer(rebasing: memory[written...])
        #if canImport(Darwin)
          return Darwin.write(descriptor, rest.baseAddress, rest.count)
        #elseif canImport(Glibc)
          return Glibc.write(descriptor, rest.baseAddress, rest.count)
        #else
          return Musl.write(descriptor, rest.baseAddress, rest.count)
        #endif
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure("cannot be written", path) }
      written += count
    }
  }

  /// Makes a new name in a folder durable.
  private static func synchronize(_ folder: String) throws {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot be opened", folder) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("cannot be written", folder) }
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func failure(_ what: String, _ path: String) -> PrivateFileError {
    let reason = strerror(errno).map { String(cString: $0) } ?? "unknown reason"
    return PrivateFileError(problems: ["\(path) \(what): \(reason)"])
  }
}
