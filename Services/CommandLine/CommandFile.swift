import Foundation
import Sealing

/// Reads the files that commands are pointed at.
enum CommandFile {
  /// The text of a file.
  /// - Parameter isPrivate: whether nobody else may be able to read it.
  static func text(_ path: String, isPrivate: Bool) throws -> String {
    String(decoding: try PrivateFile.read(path, protection: isPrivate ? .ownerOnly : .ownerWrites), as: UTF8.self)
  }
}
