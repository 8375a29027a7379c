import Sealing

/// Where a vault has its root keys from.
enum KeyManagementSource: Sendable {
  case file(String)
  case transit(TransitKeyManagement)

  /// - Throws: ``KeyringError`` for a file that cannot be used.
  func open() throws -> any KeyManagement {
    switch self {
    case .file(let path): try FileKeyManagement(path: path)
    case .transit(let management): management
    }
  }

  func close() async {
    if case .transit(let management) = self { await management.close() }
  }
}
