import Foundation
import Model
import Testing

/// What services send each other is pinned: every type that a call declares has a stored JSON.
@Suite struct EndpointSampleTests {
  @Test func everyRequestAndAnswerHasStoredJSON() throws {
    let declared = try Self.declaredArguments()
    let types = Set(declared.flatMap { Self.names(in: $0) })
    let sampled = Set(WireSamples.all.flatMap { Self.names(in: $0.type[...]) })
    let missing = types.subtracting(sampled).sorted()
    print("figure: \(declared.count) calls, \(types.count) types of requests and answers, \(missing.count) not pinned")
    // Fewer would mean that the sources are not read as they are written.
    #expect(declared.count > 100 && types.count > 100)
    #expect(missing.isEmpty, "without a sample: \(missing.joined(separator: ", "))")
  }

  /// What stands between the brackets of every endpoint. From the sources: values cannot be listed at run time.
  private static func declaredArguments() throws -> [Substring] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Shared/Model")
    let names = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".swift") }
    return try names.flatMap { name in
      arguments(in: try String(contentsOf: root.appendingPathComponent(name), encoding: .utf8))
    }
  }

  private static func arguments(in source: String) -> [Substring] {
    let pieces = source.components(separatedBy: "Endpoint<")
    return zip(pieces, pieces.dropFirst()).compactMap { before, after -> Substring? in
      // The type itself names its parameters here.
      guard !before.hasSuffix("struct ") else { return nil }
      var depth = 1
      let end = after.firstIndex { character in
        if character == "<" { depth += 1 }
        if character == ">" { depth -= 1 }
        return depth == 0
      }
      return end.map { after[..<$0] }
    }
  }

  /// The names of types in a type's own name. Kinds and ids, which only keep ids apart, have no form of their own.
  private static func names(in type: Substring) -> [String] {
    type.split { !$0.isLetter && !$0.isNumber }.map(String.init)
      .filter { !$0.hasSuffix("Kind") && !$0.hasSuffix("ID") }
  }
}
