import MCP
import Model
import Synchronization

/// What tools' schemas want repeated in headers, read once per definition: schemas have many kilobytes, and every call of a tool asks.
final class MCPHeaderParameters: Sendable {
  enum Reading: Sendable {
    case parameters([HeaderParameter])
    /// The schema asks for headers that cannot be.
    case impossible
    /// The definition cannot be read.
    case unreadable
  }

  /// Readings kept at most: more than the tools of a busy organization. When they are more, all are read anew.
  private static let rememberedReadings = 10_000

  private let readings = Mutex<[String: Reading]>([:])

  /// - Parameter tool: its hash covers the schema, so the same hash is the same reading.
  func reading(of tool: CataloguedTool) -> Reading {
    if let known = readings.withLock({ $0[tool.definitionHash] }) { return known }
    let reading = Self.read(tool)
    // Another copy of the definition may be readable: answers about all servers hold none.
    if case .unreadable = reading { return reading }
    readings.withLock { readings in
      if readings.count >= Self.rememberedReadings { readings.removeAll() }
      readings[tool.definitionHash] = reading
    }
    return reading
  }

  private static func read(_ tool: CataloguedTool) -> Reading {
    guard let text = tool.definition, let json = try? JSONText(validating: Array(text.utf8)),
      let definition = try? ToolDefinition(json)
    else { return .unreadable }
    guard let parameters = try? definition.headerParameters() else { return .impossible }
    return .parameters(parameters)
  }
}
