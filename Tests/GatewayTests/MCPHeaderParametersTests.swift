import MCP
import Model
import Testing

@testable import GatewayKit

/// What is remembered of tools' schemas.
@Suite("Header parameters of tools")
struct MCPHeaderParametersTests {
  private static func tool(_ property: String) throws -> CataloguedTool {
    let text = #"{"name":"send","inputSchema":{"type":"object","properties":{"to":\#(property)}}}"#
    let definition = try ToolDefinition(try JSONText(validating: Array(text.utf8)))
    return CataloguedTool(name: "send", definitionHash: definition.definitionHash, definition: text)
  }

  private static func names(_ reading: MCPHeaderParameters.Reading) -> [String]? {
    guard case .parameters(let parameters) = reading else { return nil }
    return parameters.map(\.name)
  }

  @Test func aChangedSchemaIsReadAnew() throws {
    let headers = MCPHeaderParameters()
    for _ in 0..<2 {
      #expect(Self.names(headers.reading(of: try Self.tool(#"{"type":"string","x-mcp-header":"To"}"#))) == ["To"])
      #expect(Self.names(headers.reading(of: try Self.tool(#"{"type":"string","x-mcp-header":"For"}"#))) == ["For"])
      #expect(Self.names(headers.reading(of: try Self.tool(#"{"type":"string"}"#))) == [])
      let impossible = headers.reading(of: try Self.tool(#"{"type":"string","x-mcp-header":"no name"}"#))
      guard case .impossible = impossible else {
        Issue.record("read as \(impossible)")
        continue
      }
    }
  }

  @Test func aCopyWithoutItsDefinitionSpoilsNoOther() throws {
    let headers = MCPHeaderParameters()
    var tool = try Self.tool(#"{"type":"string","x-mcp-header":"To"}"#)
    let definition = tool.definition
    tool.definition = nil
    guard case .unreadable = headers.reading(of: tool) else {
      Issue.record("it cannot have been read")
      return
    }
    tool.definition = definition
    #expect(Self.names(headers.reading(of: tool)) == ["To"])
  }
}
