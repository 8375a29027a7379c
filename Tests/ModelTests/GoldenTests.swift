import Foundation
import Model
import Testing

/// One wire value with a name, and the way to read it back.
struct WireSample: Sendable, CustomTestStringConvertible {
  let name: String
  /// Its type's name, with the types that make it up.
  let type: String
  let encode: @Sendable () throws -> Data
  /// Decodes a text and encodes it again.
  let roundTrip: @Sendable (Data) throws -> Data

  init<Value: Codable & Sendable>(_ name: String, _ value: Value) {
    self.name = name
    type = String(reflecting: Value.self)
    encode = { try WireJSON.encode(value) }
    roundTrip = { try WireJSON.encode(try WireJSON.decode(Value.self, from: $0)) }
  }

  var testDescription: String { name }
}

/// Every wire type against its stored JSON. A stored file changes only together with a decision about compatibility:
/// run with `LANYARD_WRITE_GOLDEN=<folder>` to write new ones, and read the difference.
@Suite struct GoldenTests {
  @Test(arguments: WireSamples.all) func theWireFormIsStable(_ sample: WireSample) throws {
    let written = try sample.encode()
    if let folder = ProcessInfo.processInfo.environment["LANYARD_WRITE_GOLDEN"] {
      try (written + Data("\n".utf8)).write(to: URL(fileURLWithPath: "\(folder)/\(sample.name).json"))
    }
    let url = try #require(
      Bundle.module.url(forResource: sample.name, withExtension: "json", subdirectory: "Golden"),
      "no stored JSON for \(sample.name)")
    let stored = try Data(contentsOf: url).trimmingTrailingNewline
    #expect(String(decoding: written, as: UTF8.self) == String(decoding: stored, as: UTF8.self))
    let again = try sample.roundTrip(stored)
    #expect(String(decoding: again, as: UTF8.self) == String(decoding: stored, as: UTF8.self))
  }

  @Test func namesAreUnique() {
    #expect(Set(WireSamples.all.map(\.name)).count == WireSamples.all.count)
  }
}

extension Data {
  fileprivate var trimmingTrailingNewline: Data { last == UInt8(ascii: "\n") ? dropLast() : self }
}
