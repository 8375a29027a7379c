import ServiceKit

/// Where the root keys are, as the settings say.
struct KeyManagementSettings: Sendable {
  private enum Also: String, CaseIterable { case none, file, transit }

  private static let names = TransitPlace.Names(
    url: "LANYARD_TRANSIT_URL", mount: "LANYARD_TRANSIT_MOUNT", key: "LANYARD_TRANSIT_KEY",
    tokenFile: "LANYARD_TRANSIT_TOKEN_FILE", authorityFile: "LANYARD_TRANSIT_CA_FILE")

  private let primary: KeyManagementSource.Kind
  /// Nil where the keyring is not used, as with the other.
  private let keyring: String?
  private let transit: TransitPlace?

  init(_ settings: Settings) {
    let primary = settings.choice(
      "keyManagement", default: KeyManagementSource.Kind.file,
      "Where the root keys are: in the keyring, or in a Transit secrets engine.")
    let also = settings.choice(
      "keyManagementAlso", default: Also.none,
      "The other place of root keys, whose keys open and wrap nothing new: while they move from one to the other.")
    let keyring = settings.optionalString(
      "keyring.file", type: "path",
      "The keyring with the root keys, for its user alone (lanyard init makes it). Needed where the root keys are there."
    )
    let place = Self.place(settings)
    if also.rawValue == primary.rawValue {
      settings.problem("LANYARD_KEY_MANAGEMENT_ALSO must be the other place than LANYARD_KEY_MANAGEMENT")
    }
    let usesKeyring = primary == .file || also == .file
    let usesTransit = primary == .transit || also == .transit
    if usesKeyring, keyring == nil { settings.problem("LANYARD_KEYRING_FILE is missing") }
    if usesTransit { place.problems(Self.names).forEach(settings.problem) }
    self.primary = primary
    self.keyring = usesKeyring ? keyring ?? "" : nil
    transit = usesTransit ? place : nil
  }

  private static func place(_ settings: Settings) -> TransitPlace {
    let url = settings.optionalString("transit.url", "Where Transit is, such as https://vault.example.com:8200.")
    return TransitPlace(
      url: url ?? "",
      mount: settings.string(
        "transit.mount", default: TransitPlace.defaultMount, "Where the secrets engine is mounted."),
      key: settings.string(
        "transit.key", default: TransitPlace.defaultKey, "The key that wraps ours, of the type aes256-gcm96."),
      namespace: settings.optionalString("transit.namespace", "The namespace of the secrets engine."),
      tokenFile: settings.optionalString(
        "transit.tokenFile", type: "path", "The token, for its user alone; read again for every call.") ?? "",
      authorityFile: settings.optionalString(
        "transit.caFile", type: "path", "The PEM file with the only authority that Transit's certificate may come from."
      ),
      limitSeconds: settings.int(
        "transit.timeoutSeconds", default: TransitPlace.defaultLimitSeconds, in: 1...30, unit: "seconds",
        "How long Transit has for an answer."))
  }

  /// - Throws: `ConfigurationError` for an authority file that cannot be used.
  func source() throws -> KeyManagementSource {
    KeyManagementSource(
      primary: primary, keyringFile: keyring, transit: try transit.map { try TransitKeyManagement($0) })
  }
}
