import ArgumentParser
import Foundation
import Model

/// Where the values of a configuration's secrets come from. Never from the command line itself, which others can see.
struct SecretOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The file with a secret's value, for its user alone. May be given several times.", valueName: "name=@file"))
  var secret: [String] = []

  @Option(help: "A secret whose value also takes the place of the stored one. May be given several times.")
  var replaceSecret: [String] = []

  /// The variable that holds a secret's value: `LANYARD_SECRET_GITHUB_CLIENT_SECRET` for `github-client-secret`.
  static func variable(_ name: String) -> String {
    "LANYARD_SECRET_"
      + String(name.map { $0.isLetter || $0.isNumber ? Character($0.uppercased()) : "_" })
  }

  /// The values at hand for the secrets that a configuration refers to.
  /// - Throws: ``CommandFailure`` for a secret that it does not refer to, or whose file is not what it should be.
  func values(for names: Set<String>, environment: [String: String] = ProcessInfo.processInfo.environment) throws
    -> [String: WireSecret]
  {
    var values: [String: WireSecret] = [:]
    for name in names {
      if let value = environment[Self.variable(name)], !value.isEmpty { values[name] = WireSecret(value) }
    }
    for option in secret {
      let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, parts[1].hasPrefix("@") else {
        throw CommandFailure.configuration(["--secret must be NAME=@FILE: a value on the command line can be seen"])
      }
      guard names.contains(parts[0]) else {
        throw CommandFailure.configuration(["--secret \(parts[0]): the file refers to no such secret"])
      }
      let text = try CommandFile.text(String(parts[1].dropFirst()), isPrivate: true)
      values[parts[0]] = WireSecret(text.trimmingCharacters(in: .newlines))
    }
    for name in replaceSecret where values[name] == nil {
      throw CommandFailure.configuration([
        "--replace-secret \(name): its value is missing; give --secret or \(Self.variable(name))"
      ])
    }
    return values
  }
}
