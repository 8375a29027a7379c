import Crypto
import Sealing

/// Root keys in two places, while the organizations' keys move from one to the other: wraps in one, and opens from both.
///
/// Whose a wrapped key is shows in its blob, not in the name of its root key: both places may have a key of the same name.
struct PairedKeyManagement: KeyManagement {
  let file: FileKeyManagement
  let transit: TransitKeyManagement
  let primary: KeyManagementSource.Kind

  func describe() -> KeyManagementDescription {
    switch primary {
    case .file: file.describe()
    case .transit: transit.describe()
    }
  }

  func wrap(_ key: SymmetricKey, authenticating authenticated: [UInt8]) async throws -> WrappedKey {
    switch primary {
    case .file: try file.wrap(key, authenticating: authenticated)
    case .transit: try await transit.wrap(key, authenticating: authenticated)
    }
  }

  func unwrap(_ wrapped: WrappedKey, authenticating authenticated: [UInt8]) async throws -> SymmetricKey {
    TransitKeyManagement.isCiphertext(wrapped.blob)
      ? try await transit.unwrap(wrapped, authenticating: authenticated)
      : try await file.unwrap(wrapped, authenticating: authenticated)
  }

  /// Both: whoever set up two places wants to hear at once that one of them does not work.
  func health() async throws {
    try await file.health()
    try await transit.health()
  }

  func destroy(_ keyId: String) throws {
    throw KeyManagementError.changeRefused(["root keys are moving to another place: destroy none meanwhile"])
  }
}

extension KeyManagementDescription {
  /// Whether a wrapped key is under the root key that wraps now.
  func wraps(_ wrapped: WrappedKey) -> Bool {
    wrapped.keyId == primaryKeyId
      && TransitKeyManagement.isCiphertext(wrapped.blob) == (providerId == TransitKeyManagement.providerId)
  }
}
