import Foundation
import ServiceKit

/// Where the root keys are, as the settings say.
enum KeyManagementSettings: Sendable {
  case file(String)
  case transit(TransitPlace)

  private enum Kind: String, CaseIterable { case file, transit }

  init(_ settings: Settings) {
    let kind = settings.choice(
      "keyManagement", default: Kind.file, "Where the root keys are: in the keyring, or in a Transit secrets engine.")
    let keyring = settings.optionalString(
      "keyring.file", type: "path",
      "The keyring with the root keys, for its user alone (lanyard init makes it). Needed where the root keys are there."
    )
    let url = settings.optionalString("transit.url", "Where Transit is, such as https://vault.example.com:8200.")
    let place = TransitPlace(
      url: url ?? "",
      mount: settings.string("transit.mount", default: "transit", "Where the secrets engine is mounted."),
      key: settings.string("transit.key", default: "lanyard", "The key that wraps ours, of the type aes256-gcm96."),
      namespace: settings.optionalString("transit.namespace", "The namespace of the secrets engine."),
      tokenFile: settings.optionalString(
        "transit.tokenFile", type: "path", "The token, for its user alone; read again for every call.") ?? "",
      authorityFile: settings.optionalString(
        "transit.caFile", type: "path", "The PEM file with the only authority that Transit's certificate may come from."
      ))
    switch kind {
    case .file:
      if keyring == nil { settings.problem("LANYARD_KEYRING_FILE is missing") }
      self = .file(keyring ?? "")
    case .transit:
      Self.problems(of: place).forEach(settings.problem)
      self = .transit(place)
    }
  }

  private static func problems(of place: TransitPlace) -> [String] {
    var problems: [String] = []
    let parts = URLComponents(string: place.url)
    let isSecure = parts?.scheme == "https"
    if parts?.host == nil || place.url.hasSuffix("/") || !isSecure && parts?.scheme != "http" {
      problems.append("LANYARD_TRANSIT_URL must be an https URL without a slash at the end")
    } else if !isSecure, !PeerAddress.isLoopback(parts?.host ?? "") {
      problems.append("LANYARD_TRANSIT_URL must be https, save on this machine")
    }
    if isSecure, place.authorityFile == nil { problems.append("LANYARD_TRANSIT_CA_FILE is missing") }
    if place.tokenFile.isEmpty { problems.append("LANYARD_TRANSIT_TOKEN_FILE is missing") }
    for (name, text) in [("KEY", place.key), ("MOUNT", place.mount)] where !isName(text) {
      problems.append("LANYARD_TRANSIT_\(name) must be letters, digits, '-', '_' or '.'")
    }
    return problems
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text != "." && text != ".."
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || "-_.".utf8.contains(byte)
      }
  }

  /// - Throws: `ConfigurationError` for an authority file that cannot be used.
  func source() throws -> KeyManagementSource {
    switch self {
    case .file(let path): .file(path)
    case .transit(let place): .transit(try TransitKeyManagement(place))
    }
  }
}
