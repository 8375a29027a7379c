import ArgumentParser
import Foundation
import Model

/// Which gateway a command speaks to, and as whom.
struct GatewayOptions: ParsableArguments {
  @Option(help: "The gateway's address, such as https://lanyard.example.com.")
  var gateway: String?

  @Option(help: "A file with an API key of the organization, for its user alone.")
  var apiKeyFile: String?

  @Option(help: "The local stack's file, which holds both.")
  var stack = ".lanyard/stack.json"

  /// What is read of the stack's file.
  private struct StackFile: Decodable {
    var gatewayUrl: String
    var apiKey: WireSecret
  }

  func validate() throws {
    guard (gateway == nil) == (apiKeyFile == nil) else {
      throw ValidationError("Give --gateway and --api-key-file together, or neither for the local stack.")
    }
  }

  /// - Throws: ``CommandFailure`` where a file is not what it should be.
  func call() throws -> GatewayCall {
    if let gateway, let apiKeyFile {
      let key = try CommandFile.text(apiKeyFile, isPrivate: true).trimmingCharacters(in: .whitespacesAndNewlines)
      return GatewayCall(gateway: gateway, key: Secret(key))
    }
    let text = try CommandFile.text(stack, isPrivate: true)
    guard let file = try? JSONDecoder().decode(StackFile.self, from: Data(text.utf8)) else {
      throw CommandFailure.configuration([
        "\(stack) is not the file of a local stack; give --gateway and --api-key-file"
      ])
    }
    return GatewayCall(gateway: file.gatewayUrl, key: file.apiKey.secret)
  }
}
