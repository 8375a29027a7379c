import Foundation
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// The API description and the route table are equal, both ways.
@Suite struct OpenAPITests {
  @Test func theDescriptionNamesExactlyTheRegisteredRoutes() async throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/openapi/gateway.yaml").standardizedFileURL
    let described = Self.routes(try String(contentsOf: file, encoding: .utf8))
    try await RunningGateway.with { gateway async throws in
      let registered = Set(try gateway.routes)
      let publicRoutes = described.filter { $0.path.hasPrefix("/v1/") }
      #expect(publicRoutes.subtracting(registered).isEmpty, "described and not there")
      #expect(registered.subtracting(publicRoutes).isEmpty, "there and not described")
      for route in described.subtracting(publicRoutes) {
        let id = route.path.contains("mcp/") ? "mcp_1" : "flw_1"
        let target = route.path.replacing("{id}", with: id).replacing("{key}", with: "int_1")
          .replacing("{token}", with: "lyl_1")
        let answer = try await gateway.call(route.method, target, as: nil)
        #expect(answer.status != 405 && answer.code != .notFound, "\(route.method) \(route.path)")
      }
      print("figure: \(registered.count) routes of the public API, all described")
    }
  }

  /// Paths stand at two spaces, methods at four, parameters below them.
  private static func routes(_ yaml: String) -> Set<PublicRouter.Route> {
    var routes: [PublicRouter.Route] = []
    var path = ""
    var parameter = ""
    for line in yaml.split(separator: "\n") {
      let text = line.trimmingCharacters(in: .whitespaces)
      if line == "components:" { break }
      if line.hasPrefix("  /") {
        path = String(text.dropLast())
      } else if line.prefix(4) == "    ", line.dropFirst(4).first != " ", text.hasSuffix(":") {
        routes.append(.init(method: text.dropLast().uppercased(), path: path, query: []))
      } else if text.hasPrefix("- name: "), !routes.isEmpty {
        parameter = String(text.dropFirst("- name: ".count))
      } else if text == "in: query" {
        routes[routes.count - 1].query.insert(parameter)
      }
    }
    return Set(routes)
  }
}
