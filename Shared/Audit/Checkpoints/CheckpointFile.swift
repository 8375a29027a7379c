public import FoundationEssentials
public import Model
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Why checkpoints could not be written. Names the file and what the system said.
public struct CheckpointFileError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}

/// Where one process appends its checkpoints: a file of its own in a folder that many may share, and the next one when it is full.
///
/// A file is only ever added to, and flushed before the call returns, so the folder may be on storage that allows nothing else. The calls block
/// for the time of a disk access.
public final class CheckpointFile: Sendable {
  /// A file that an operator can still move around and look into; about fifty thousand checkpoints.
  public static let standardMaximumBytes = 16 << 20

  private struct Open {
    var descriptor: Int32
    var path: String
    var size: Int
  }

  private let folder: String
  private let service: ServiceName
  private let maximumBytes: Int
  private let now: @Sendable () -> Date
  private let current = Mutex<Open?>(nil)

  public init(
    folder: String, service: ServiceName, maximumBytes: Int = standardMaximumBytes,
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.folder = folder
    self.service = service
    self.maximumBytes = maximumBytes
    self.now = now
  }

  deinit { current.withLock { $0.map { _ = close($0.descriptor) } } }

  /// Makes the folder when it is missing, and the first file: a start finds out what would go wrong later.
  ///
  /// - Throws: ``CheckpointFileError``.
  public func prepare() throws {
    if mkdir(folder, 0o700) != 0, errno != EEXIST { throw failure("cannot be made", folder) }
    try current.withLock { if $0 == nil { $0 = try open() } }
  }

  /// Appends lines and flushes them to the disk.
  ///
  /// After a failure the next call begins a new file: a half-written line can only be the last one of its file.
  ///
  /// - Throws: ``CheckpointFileError``. What was not written must be given again.
  public func append(_ lines: [[UInt8]]) throws {
    try current.withLock { file in
      for line in lines {
        if let full = file, full.size > 0, full.size + line.count > maximumBytes {
          try flush(full)
          close(full.descriptor)
          file = nil
        }
        var open = try file ?? self.open()
        do {
          try write(line, to: open)
        } catch {
          close(open.descriptor)
          file = nil
          throw error
        }
        open.size += line.count
        file = open
      }
      if let file { try flush(file) }
    }
  }

  private func open() throws -> Open {
    let time = WireTime.text(now()).filter { $0 != "-" && $0 != ":" }.prefix(15)
    let path = "\(folder)/\(service.rawValue)-\(time)Z-\(RandomText.base32(bytes: 5)).jsonl"
    // Others may read it, since it holds no secret, and nobody may change what is there.
    let descriptor = Self.open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o640)
    guard descriptor >= 0 else { throw failure("cannot be made", path) }
    // The name is durable only when the folder is.
    let folderDescriptor = Self.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
    defer { if folderDescriptor >= 0 { close(folderDescriptor) } }
    guard folderDescriptor >= 0, fsync(folderDescriptor) == 0 else {
      close(descriptor)
      throw failure("cannot be flushed", folder)
    }
    return Open(descriptor: descriptor, path: path, size: 0)
  }

  private func write(_ line: [UInt8], to file: Open) throws {
    var written = 0
    while written < line.count {
      let count = line.withUnsafeBytes { memory in
        Self.write(file.descriptor, UnsafeRawBufferPointer(rebasing: memory[written...]))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure("cannot be written", file.path) }
      written += count
    }
  }

  private func flush(_ file: Open) throws {
    guard fsync(file.descriptor) == 0 else { throw failure("cannot be flushed", file.path) }
  }

  private func failure(_ what: String, _ path: String) -> CheckpointFileError {
    let reason = strerror(errno).map { String(cString: $0) } ?? "unknown reason"
    return CheckpointFileError(description: "\(path) \(what): \(reason)")
  }

  private static func open(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
    #if canImport(Darwin)
      Darwin.open(path, flags, mode)
    #elseif canImport(Glibc)
      Glibc.open(path, flags, mode)
    #else
      Musl.open(path, flags, mode)
    #endif
  }

  private static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Darwin)
      Darwin.write(descriptor, bytes.baseAddress, bytes.count)
    #elseif canImport(Glibc)
      Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    #else
      Musl.write(descriptor, bytes.baseAddress, bytes.count)
    #endif
  }
}
