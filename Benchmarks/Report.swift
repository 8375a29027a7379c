import Model
import ServiceKit

/// What a subcommand found out, for the driver: one JSON document on one line.
enum Report {
  static func write(_ value: some Encodable) throws {
    StandardStream.output.write(String(decoding: try WireJSON.encode(value), as: UTF8.self) + "\n")
  }
}
