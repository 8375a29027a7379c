import Sealing

/// Where root keys come from: a keyring file, a Transit secrets engine, or both while they move from one to the other.
package struct KeyManagementSource: Sendable {
  /// The kinds of places, by the word for each that operators use.
  package enum Kind: String, CaseIterable, Sendable { case file, transit }

  /// Whose key wraps.
  let primary: Kind
  private let keyringFile: String?
  private let transit: TransitKeyManagement?

  init(primary: Kind, keyringFile: String?, transit: TransitKeyManagement?) {
    self.primary = primary
    self.keyringFile = keyringFile
    self.transit = transit
  }

  package static func file(_ path: String) -> KeyManagementSource {
    KeyManagementSource(primary: .file, keyringFile: path, transit: nil)
  }

  /// Close it after use, as every source that has a Transit.
  ///
  /// - Throws: `ConfigurationError` for an authority file that cannot be used.
  package static func transit(_ place: TransitPlace) throws -> KeyManagementSource {
    KeyManagementSource(primary: .transit, keyringFile: nil, transit: try TransitKeyManagement(place))
  }

  /// Opens from both and wraps in one.
  ///
  /// - Throws: `ConfigurationError` for an authority file that cannot be used.
  package static func both(
    keyringFile: String, _ place: TransitPlace, primary: Kind
  ) throws -> KeyManagementSource {
    KeyManagementSource(primary: primary, keyringFile: keyringFile, transit: try TransitKeyManagement(place))
  }

  /// Whether there are two places.
  var isPaired: Bool { keyringFile != nil && transit != nil }

  /// The place whose key wraps, without the other one. Shares what has to be closed.
  var primaryAlone: KeyManagementSource {
    KeyManagementSource(
      primary: primary, keyringFile: primary == .file ? keyringFile : nil,
      transit: primary == .transit ? transit : nil)
  }

  /// - Throws: ``KeyringError`` for a file that cannot be used.
  func open() throws -> any KeyManagement {
    switch (keyringFile, transit) {
    case (let path?, let transit?):
      PairedKeyManagement(file: try FileKeyManagement(path: path), transit: transit, primary: primary)
    case (nil, let transit?): transit
    case (let path, nil): try FileKeyManagement(path: path ?? "")
    }
  }

  package func close() async { await transit?.close() }

  /// Returns when keys can be wrapped and unwrapped in every place.
  ///
  /// - Throws: ``KeyManagementError``, ``KeyringError``.
  package func health() async throws { try await open().health() }
}
