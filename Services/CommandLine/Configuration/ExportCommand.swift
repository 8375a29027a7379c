import ArgumentParser
import Foundation
import Model

/// `lanyard export`
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write what an organization has set up as one JSON document, without secrets.",
    discussion: "The same set-up always gives the same text. lanyard apply makes the same of it elsewhere.")

  @Option(name: [.customShort("f"), .long], help: "The file to write; standard output when absent.")
  var file: String?

  @OptionGroup var place: GatewayOptions

  func run() async throws {
    try await reportingFailures {
      let answer = try await place.call().get("/v1/configuration", answer: OrganizationConfiguration.self)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let text = try encoder.encode(answer.configuration)
      guard let file else { return Output.line(String(decoding: text, as: UTF8.self)) }
      do {
        try (text + Data("\n".utf8)).write(to: URL(fileURLWithPath: file), options: .atomic)
      } catch {
        throw CommandFailure.configuration(["\(file) cannot be written"])
      }
    }
  }
}
