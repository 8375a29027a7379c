import Model
import ServiceKit

/// Writes results for people or for programs.
enum Output {
  static func line(_ text: String) { StandardStream.output.write(text + "\n") }

  /// One JSON document on one line.
  static func json(_ value: some Encodable) throws {
    line(String(decoding: try WireJSON.encode(value), as: UTF8.self))
  }
}
