import ArgumentParser
import Foundation
import Model

/// Things of an organization that the gateway lists under one path.
protocol GatewayResource {
  static var path: String { get }
  /// For sentences about several of them.
  static var plural: String { get }
  static var singular: String { get }
  /// Fields of the columns of a list, after the id.
  static var columns: [String] { get }
}

/// `lanyard … list`
struct ResourceListCommand<Resource: GatewayResource>: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "list", abstract: "List the \(Resource.plural), newest first.")
  }

  @OptionGroup var place: GatewayOptions

  @Flag(help: "Print them as JSON, whole.")
  var json = false

  func run() async throws {
    try await reportingFailures {
      try Self.write(try await place.call().everything(Resource.path, of: JSONValue.self), json: json)
    }
  }

  static func write(_ items: [JSONValue], json: Bool) throws {
    if json { return try Output.json(items) }
    Output.table(items.map { item in (["id"] + Resource.columns).map { item[$0]?.text ?? "" } })
  }
}

/// `lanyard … show`
struct ResourceShowCommand<Resource: GatewayResource>: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "show", abstract: "Show one \(Resource.singular). Never a secret.")
  }

  @Argument(help: "Its id.")
  var id: String

  @OptionGroup var place: GatewayOptions

  @Flag(help: "Print it as JSON.")
  var json = false

  func run() async throws {
    try await reportingFailures {
      let item = try await place.call().get(Resource.address(of: id), answer: JSONValue.self)
      if json { return try Output.json(item) }
      guard case .object(let fields) = item else { return }
      Output.table(try fields.sorted { $0.key < $1.key }.map { [$0.key, try Self.text($0.value)] })
    }
  }

  private static func text(_ value: JSONValue) throws -> String {
    if let text = value.text { return text }
    return String(decoding: try WireJSON.encode(value), as: UTF8.self)
  }
}

/// `lanyard … delete`
struct ResourceDeleteCommand<Resource: GatewayResource>: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "delete", abstract: "Delete one \(Resource.singular).",
      discussion: "What it would mean is told by --dry-run.")
  }

  @Argument(help: "Its id.")
  var id: String

  @OptionGroup var place: GatewayOptions

  @Flag(help: "Only say whom and what it would touch.")
  var dryRun = false

  func run() async throws {
    try await reportingFailures {
      let call = try place.call()
      guard dryRun else {
        try await call.delete(Resource.address(of: id))
        return Output.line("deleted  \(id)")
      }
      let impact = try await call.delete(Resource.address(of: id) + "?dryRun=true", answer: Impact.self)
      Output.line("touches \(impact.affected.summary)")
    }
  }
}

extension GatewayResource {
  /// The path of one of them. Ids of Charms are the host platform's and may hold anything.
  static func address(of id: String) -> String {
    let ascii = CharacterSet(charactersIn: "\u{0}"..."\u{7F}")
    let plain = CharacterSet.alphanumerics.intersection(ascii).union(CharacterSet(charactersIn: "-._"))
    return "\(path)/\(id.addingPercentEncoding(withAllowedCharacters: plain) ?? id)"
  }
}
