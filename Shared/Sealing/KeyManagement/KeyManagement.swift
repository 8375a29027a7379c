public import Crypto

/// Whatever holds the root keys: a keyring file, or a key management service outside this machine.
///
/// It wraps organization keys (32 bytes) and never sees data. Every call may fail with ``KeyManagementError``.
public protocol KeyManagement: Sendable {
  /// The provider's name and the key that it wraps with now.
  func describe() async throws -> KeyManagementDescription

  /// Wraps a 256-bit key under the primary root key.
  ///
  /// - Parameter authenticated: Bytes that must be given again, unchanged, to unwrap.
  func wrap(_ key: SymmetricKey, authenticating authenticated: [UInt8]) async throws -> WrappedKey

  /// Unwraps a key that ``wrap(_:authenticating:)`` wrapped with the same bytes.
  func unwrap(_ wrapped: WrappedKey, authenticating authenticated: [UInt8]) async throws -> SymmetricKey

  /// Returns when keys can be wrapped and unwrapped now.
  func health() async throws

  /// Destroys a root key for ever. Refused for the primary.
  func destroy(_ keyId: String) async throws
}

/// What ``KeyManagement/describe()`` tells.
public struct KeyManagementDescription: Sendable, Hashable {
  /// The kind of provider, for example `file`.
  public var providerId: String
  /// The root key that wraps.
  public var primaryKeyId: String

  public init(providerId: String, primaryKeyId: String) {
    self.providerId = providerId
    self.primaryKeyId = primaryKeyId
  }
}

/// A 256-bit key under a root key, safe to store.
public struct WrappedKey: Sendable, Hashable {
  /// The root key that it is under.
  public var keyId: String
  /// The provider's own format.
  public var blob: [UInt8]

  public init(keyId: String, blob: [UInt8]) {
    self.keyId = keyId
    self.blob = blob
  }
}
