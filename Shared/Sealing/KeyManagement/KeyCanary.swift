import Crypto

/// A known value under a root key. Stored beside the data, it proves at start that the right root keys are present,
/// before anything is written with wrong ones.
public struct KeyCanary: Sendable, Hashable {
  /// What to store.
  public var wrapped: WrappedKey

  /// Takes a stored canary.
  public init(wrapped: WrappedKey) { self.wrapped = wrapped }

  /// What ``verify(using:)`` found.
  public enum Verdict: Sendable, Hashable {
    /// The root key opens what it sealed.
    case rightKey
    /// The root key that sealed the canary is missing or destroyed: this data belongs to other keys.
    case missingKey(id: String)
    /// A root key has the right name and the wrong content.
    case wrongKey(id: String)
  }

  private static let purpose = "kc1"
  private static let value = Array(SHA256.hash(data: Array("lanyard root key canary 1".utf8)))

  /// A new canary under the primary root key.
  ///
  /// - Throws: ``KeyManagementError``.
  public static func make(using management: some KeyManagement) async throws -> KeyCanary {
    KeyCanary(wrapped: try await management.wrap(SymmetricKey(data: value), authenticating: authenticated))
  }

  /// Tries the canary. Anything but ``Verdict/rightKey`` means: stay sealed.
  ///
  /// - Throws: ``KeyManagementError/unavailable`` when the provider did not answer, so that nothing is known.
  public func verify(using management: some KeyManagement) async throws -> Verdict {
    do {
      let opened = try await management.unwrap(wrapped, authenticating: Self.authenticated)
      return opened == SymmetricKey(data: Self.value) ? .rightKey : .wrongKey(id: wrapped.keyId)
    } catch KeyManagementError.unknownKey, KeyManagementError.keyDestroyed {
      return .missingKey(id: wrapped.keyId)
    } catch KeyManagementError.refused {
      return .wrongKey(id: wrapped.keyId)
    }
  }

  private static var authenticated: [UInt8] {
    var fields = LengthPrefixed()
    fields.append(purpose)
    return fields.bytes
  }
}
