import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files that hold key material.
enum PrivateFile {
  /// Reads a file that nobody but its owner may reach.
  ///
  /// Mode and content come from one descriptor, so the file cannot be exchanged between the check and the reading.
  static func read(_ path: String) throws -> Data {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ServiceKeyProblem.unreadable(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw ServiceKeyProblem.unreadable(path)
    }
    let mode = status.st_mode & 0o777
    guard mode & 0o077 == 0 else { throw ServiceKeyProblem.exposed(path, mode: String(mode, radix: 8)) }
    // A key file has some hundred bytes; anything larger is something else.
    var buffer = [UInt8](repeating: 0, count: 16_384)
    var length = 0
    while length < buffer.count {
      let count = buffer.withUnsafeMutableBytes { bytes in
        Self.read(descriptor, into: UnsafeMutableRawBufferPointer(rebasing: bytes[length...]))
      }
      guard count >= 0 else { throw ServiceKeyProblem.unreadable(path) }
      if count == 0 { break }
      length += count
    }
    return Data(buffer[..<length])
  }

  /// Writes a file whole or not at all: under a temporary name with its final mode, then in place.
  static func write(_ data: Data, to path: String, permissions: mode_t) throws {
    let temporary = "\(path).\(getpid()).new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions)
    guard descriptor >= 0 else { throw ServiceKeyProblem.notWritable(path) }
    var written = 0
    while written < data.count {
      let count = data.withUnsafeBytes { bytes in
        Self.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[written...]))
      }
      guard count > 0 else { break }
      written += count
    }
    // The mode again, since the process's mask may have narrowed it; and on the disk before the name points to it.
    let complete = written == data.count && fchmod(descriptor, permissions) == 0 && fsync(descriptor) == 0
    close(descriptor)
    guard complete, rename(temporary, path) == 0 else {
      unlink(temporary)
      throw ServiceKeyProblem.notWritable(path)
    }
  }

  private static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    #if canImport(Darwin)
      Darwin.read(descriptor, buffer.baseAddress, buffer.count)
    #elseif canImport(Musl)
      Musl.read(descriptor, buffer.baseAddress, buffer.count)
    #else
      Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    #endif
  }

  private static func write(_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
    #if canImport(Darwin)
      Darwin.write(descriptor, buffer.baseAddress, buffer.count)
    #elseif canImport(Musl)
      Musl.write(descriptor, buffer.baseAddress, buffer.count)
    #else
      Glibc.write(descriptor, buffer.baseAddress, buffer.count)
    #endif
  }
}
