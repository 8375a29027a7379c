import Model

/// Where `lanyard init` puts what it makes. Services are pointed at these files by their settings.
struct DeploymentLayout {
  /// Without a slash at the end.
  let directory: String

  /// The services with a key and a certificate of their own.
  static let services: [ServiceName] = [.vault, .exchanger, .policy, .gateway, .sandbox]

  init(directory: String) {
    self.directory = directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory
  }

  var keyring: String { "\(directory)/keyring.json" }
  var journalKey: String { "\(directory)/journal.key" }
  var journalPublicKey: String { "\(directory)/journal.pub" }
  var serviceKeysFolder: String { "\(directory)/service-keys" }
  var serviceKeys: String { "\(directory)/service-keys.json" }
  var tlsFolder: String { "\(directory)/tls" }
  var authorityCertificate: String { "\(tlsFolder)/ca.crt" }
  var authorityKey: String { "\(tlsFolder)/ca.key" }

  /// The first organization, with its API key.
  var organization: String { "\(directory)/organization.json" }

  func serviceKey(_ service: ServiceName) -> String { "\(serviceKeysFolder)/\(service.rawValue).key" }
  func certificate(_ service: ServiceName) -> String { "\(tlsFolder)/\(service.rawValue).crt" }
  func certificateKey(_ service: ServiceName) -> String { "\(tlsFolder)/\(service.rawValue).key" }
}
