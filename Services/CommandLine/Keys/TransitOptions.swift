import ArgumentParser
import Sealing
import VaultKit

/// Where a Transit secrets engine is, by the names that the vault's settings have.
struct TransitOptions: ParsableArguments {
  private static let names = TransitPlace.Names(
    url: "--transit-url", mount: "--transit-mount", key: "--transit-key", tokenFile: "--transit-token-file",
    authorityFile: "--transit-ca-file")

  @Option(help: "Where Transit is, such as https://vault.example.com:8200.")
  var transitUrl: String?

  @Option(help: "Where the secrets engine is mounted.")
  var transitMount = TransitPlace.defaultMount

  @Option(help: "The key that wraps the organizations' keys.")
  var transitKey = TransitPlace.defaultKey

  @Option(help: "The namespace of the secrets engine.")
  var transitNamespace: String?

  @Option(help: "A file with the token, for its user alone.")
  var transitTokenFile: String?

  @Option(help: "The PEM file with the only authority that Transit's certificate may come from.")
  var transitCaFile: String?

  /// Whether any of them was given.
  var isGiven: Bool {
    transitUrl != nil || transitTokenFile != nil || transitCaFile != nil || transitNamespace != nil
      || transitMount != TransitPlace.defaultMount || transitKey != TransitPlace.defaultKey
  }

  /// - Throws: ``CommandFailure`` with everything that is wrong, ``PrivateFileError`` for a token that cannot be read.
  func place() throws -> TransitPlace {
    let place = TransitPlace(
      url: transitUrl ?? "", mount: transitMount, key: transitKey, namespace: transitNamespace,
      tokenFile: transitTokenFile ?? "", authorityFile: transitCaFile)
    let problems = place.problems(Self.names)
    guard problems.isEmpty else { throw CommandFailure.configuration(problems) }
    let token = try CommandFile.text(transitTokenFile ?? "", isPrivate: true)
    guard !token.allSatisfy(\.isWhitespace) else {
      throw CommandFailure.configuration(["\(transitTokenFile ?? "") is empty"])
    }
    return place
  }
}
