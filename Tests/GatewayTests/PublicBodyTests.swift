import Foundation
import Model
import Testing

@testable import GatewayKit

/// The bodies of the public API: what is not exactly right is refused, on every route that reads one.
@Suite struct PublicBodyTests {
  /// A route as the table of bodies names it.
  private struct Target: Sendable {
    let route: String
    let body: String

    func send(
      _ json: String, _ gateway: RunningGateway, headers: [String: String] = [:]
    ) async throws -> RunningGateway.Answer {
      let parts = route.split(separator: " ").map(String.init)
      return try await gateway.call(
        parts[0], PublicRouteTests.target(parts[1]), as: "lys_owner", json: json, headers: headers)
    }
  }

  private static let targets = PublicRouteTests.bodies.map { Target(route: $0.key, body: $0.value) }

  @Test func everyRouteThatReadsABodyIsTried() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/openapi/gateway.yaml").standardizedFileURL
    let described = Self.routesWithBody(try String(contentsOf: file, encoding: .utf8))
    let tried = Set(PublicRouteTests.bodies.keys)
    #expect(described.subtracting(tried).isEmpty, "described with a body, and not tried")
    #expect(tried.subtracting(described).isEmpty, "tried with a body, and described without")
    print("figure: \(described.count) routes of the public API with a body, \(tried.count) tried with bad ones")
  }

  /// Paths stand at two spaces, methods at four, what they take at six.
  private static func routesWithBody(_ yaml: String) -> Set<String> {
    var routes: Set<String> = []
    var path = ""
    var method = ""
    for line in yaml.split(separator: "\n") {
      if line == "components:" { break }
      if line.hasPrefix("  /") {
        path = String(line.dropFirst(2).dropLast())
      } else if line.prefix(4) == "    ", line.dropFirst(4).first != " ", line.hasSuffix(":") {
        method = line.dropFirst(4).dropLast().uppercased()
      } else if line == "      requestBody:", path.hasPrefix("/v1/") {
        routes.insert("\(method) \(path)")
      }
    }
    return routes
  }

  @Test func everyBodyIsReadStrictly() async throws {
    try await RunningGateway.with { gateway async throws in
      for target in Self.targets {
        let comma = target.body == "{}" ? "" : ","
        let unknown = try await target.send(#"{"surprise":1\#(comma)"# + target.body.dropFirst(), gateway)
        #expect(unknown.code == .invalidRequest && unknown.detail.contains("surprise"), "\(target.route)")
        #expect(try await target.send("[]", gateway).code == .invalidRequest, "\(target.route)")
        #expect(try await target.send("{", gateway).code == .invalidRequest, "\(target.route)")
        let plain = try await target.send(target.body, gateway, headers: ["Content-Type": "text/plain"])
        #expect(plain.status == 415, "\(target.route)")
        let large = try await target.send(#"{"name":""# + String(repeating: "x", count: 1_100_000) + #""}"#, gateway)
        #expect(large.status == 413 && large.code == .payloadTooLarge, "\(target.route)")
      }
      let deep = try await gateway.call(
        "POST", "/v1/auth/resolve", json: #"{"providerUrl":"https://a.example","application":{"id":"a","secret":1}}"#)
      #expect(deep.code == .invalidRequest && deep.detail.contains("application.secret"))
    }
  }

  @Test func everyFieldOfEveryBodyRefusesAnotherType() async throws {
    try await RunningGateway.with { gateway async throws in
      var tried = 0
      for target in Self.targets {
        let body = try WireJSON.decode(JSONValue.self, from: Data(target.body.utf8))
        for spoiled in Self.spoiled(body) {
          tried += 1
          let text = String(decoding: try WireJSON.encode(spoiled.body), as: UTF8.self)
          let answer = try await target.send(text, gateway)
          #expect(answer.status == 400 && answer.code == .invalidRequest, "\(target.route): \(text)")
          #expect(answer.detail.contains(spoiled.field), "\(target.route): \(answer.detail)")
        }
      }
      print("figure: \(tried) fields of \(Self.targets.count) bodies with a value of another type, all refused by name")
      #expect(tried > Self.targets.count)
    }
  }

  /// A body with one value of another type, and the name of the field that has it.
  private struct Spoiled {
    var field = ""
    var body: JSONValue
  }

  /// The body once for each of its values, at any depth.
  private static func spoiled(_ value: JSONValue) -> [Spoiled] {
    var found: [Spoiled] = []
    switch value {
    case .object(let members):
      for (name, member) in members {
        for inner in [Spoiled(body: ofAnotherType(member))] + spoiled(member) {
          var changed = members
          changed[name] = inner.body
          found.append(Spoiled(field: inner.field.isEmpty ? name : inner.field, body: .object(changed)))
        }
      }
    case .array(let elements):
      for (index, element) in elements.enumerated() {
        for inner in [Spoiled(body: ofAnotherType(element))] + spoiled(element) {
          var changed = elements
          changed[index] = inner.body
          found.append(Spoiled(field: inner.field, body: .array(changed)))
        }
      }
    default: break
    }
    return found
  }

  private static func ofAnotherType(_ value: JSONValue) -> JSONValue {
    switch value {
    case .bool, .integer, .number: "seven"
    case .null, .string, .array, .object: 7
    }
  }
}
