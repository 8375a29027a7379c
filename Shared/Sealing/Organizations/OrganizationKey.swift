import Crypto

/// An organization's key in the clear: 256 random bits that record keys are derived from.
///
/// `SymmetricKey` overwrites its memory when the last copy goes.
public struct OrganizationKey: Sendable {
  public let organizationId: String
  /// Counts from 1 for each organization.
  public let version: UInt32
  let key: SymmetricKey

  /// A new random key, and its wrapped form to store.
  ///
  /// - Throws: ``KeyManagementError``.
  public static func make(
    organizationId: String, version: UInt32, using management: some KeyManagement
  ) async throws -> (key: OrganizationKey, wrapped: WrappedOrganizationKey) {
    let key = OrganizationKey(
      organizationId: organizationId, version: version, key: SymmetricKey(size: .bits256))
    return (key, try await key.wrapped(using: management))
  }

  fileprivate func wrapped(using management: some KeyManagement) async throws -> WrappedOrganizationKey {
    let place = WrappedOrganizationKey.authenticated(organizationId: organizationId, version: version)
    let wrapped = try await management.wrap(key, authenticating: place)
    return WrappedOrganizationKey(organizationId: organizationId, version: version, wrapped: wrapped)
  }
}

extension OrganizationKey: CustomStringConvertible, CustomReflectable {
  public var description: String { "OrganizationKey(\(organizationId), version \(version))" }
  public var customMirror: Mirror { Mirror(self, children: ["organizationId": organizationId, "version": version]) }
}

/// An organization's key under a root key, as it is stored. Destroying every row of an organization shreds its data.
public struct WrappedOrganizationKey: Sendable, Hashable {
  public var organizationId: String
  public var version: UInt32
  public var wrapped: WrappedKey

  public init(organizationId: String, version: UInt32, wrapped: WrappedKey) {
    self.organizationId = organizationId
    self.version = version
    self.wrapped = wrapped
  }

  /// The key in the clear. A row moved to another organization or version does not open.
  ///
  /// - Throws: ``KeyManagementError``.
  public func unwrap(using management: some KeyManagement) async throws -> OrganizationKey {
    let place = Self.authenticated(organizationId: organizationId, version: version)
    let key = try await management.unwrap(wrapped, authenticating: place)
    return OrganizationKey(organizationId: organizationId, version: version, key: key)
  }

  /// The same key under the primary root key of today. No data is touched.
  ///
  /// - Throws: ``KeyManagementError``.
  public func rewrapped(using management: some KeyManagement) async throws -> WrappedOrganizationKey {
    try await unwrap(using: management).wrapped(using: management)
  }

  static func authenticated(organizationId: String, version: UInt32) -> [UInt8] {
    var fields = LengthPrefixed()
    fields.append("ok1")
    fields.append(organizationId)
    fields.append(version)
    return fields.bytes
  }
}
