import AsyncHTTPClient
import Foundation
import MCP
import Model
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

/// An MCP client of one era: what it sends is written by hand, so that it can be wrong.
struct MCPTestClient {
  private static let maximumBytes = 32 << 20

  let gateway: RunningGateway
  let path: String
  let revision: ProtocolRevision
  var elicitation = #"{}"#
  var credential = "lys_member"
  var session: String?
  var accept = "application/json, text/event-stream"

  var era: Era { revision.era }

  struct Answer {
    let status: Int
    let sessionId: String?
    let type: String
    /// Everything that came, in order.
    let messages: [JSONValue]

    /// The response: what came last.
    var response: JSONValue { messages.last ?? .null }
    var result: JSONValue { response["result"] ?? .null }
    var code: Int? { response["error"]?["code"].flatMap { if case .integer(let code) = $0 { Int(code) } else { nil } } }
    var text: String {
      guard case .array(let content)? = result["content"] else { return "" }
      return content.first?["text"]?.text ?? ""
    }
    var isError: Bool { result["isError"] == .bool(true) }
  }

  /// A client that has said hello, where its era has a word for it.
  static func connect(
    _ gateway: RunningGateway, _ path: String, _ revision: ProtocolRevision, elicitation: String = "{}",
    as credential: String = "lys_member"
  ) async throws -> MCPTestClient {
    var client = MCPTestClient(
      gateway: gateway, path: path, revision: revision, elicitation: elicitation, credential: credential)
    guard revision.era == .legacy else { return client }
    let hello = try await client.send(
      #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"\#(revision.rawValue)","capabilities":{"elicitation":\#(elicitation)},"clientInfo":{"name":"t","version":"1"}}}"#
    )
    try #require(hello.status == 200)
    let session: String = try #require(hello.sessionId)
    client.session = session
    return client
  }

  func list() async throws -> [String] {
    let answer = try await request("tools/list")
    guard case .array(let tools)? = answer.result["tools"] else { return [] }
    return tools.compactMap { $0["name"]?.text }
  }

  func call(_ tool: String, _ arguments: String = "{}", more: String = "", meta: String = "") async throws -> Answer {
    try await request("tools/call", #""name":"\#(tool)","arguments":\#(arguments)\#(more)"#, meta: meta, name: tool)
  }

  func request(
    _ method: String, _ params: String = "", meta: String = "", name: String? = nil, headers: [String: String] = [:]
  ) async throws -> Answer {
    try await send(body(method, params, meta: meta), headers: modernHeaders(method, name).merging(headers) { $1 })
  }

  func body(_ method: String, _ params: String = "", meta: String = "") -> String {
    var members = params.isEmpty ? [] : [params]
    var metaMembers = meta.isEmpty ? [] : [meta]
    if era == .modern {
      metaMembers += [
        #""io.modelcontextprotocol/protocolVersion":"\#(revision.rawValue)""#,
        #""io.modelcontextprotocol/clientCapabilities":{"elicitation":\#(elicitation)}"#,
      ]
    }
    if !metaMembers.isEmpty { members.append(#""_meta":{\#(metaMembers.joined(separator: ","))}"#) }
    return #"{"jsonrpc":"2.0","id":"c-1","method":"\#(method)","params":{\#(members.joined(separator: ","))}}"#
  }

  func modernHeaders(_ method: String, _ name: String?) -> [String: String] {
    var headers: [String: String] = [:]
    if era == .modern {
      headers["MCP-Protocol-Version"] = revision.rawValue
      headers["Mcp-Method"] = method
      headers["Mcp-Name"] = name.map { HeaderText.encode($0) }
    } else if session != nil, revision.requiresVersionHeader {
      headers["MCP-Protocol-Version"] = revision.rawValue
    }
    headers["Mcp-Session-Id"] = session
    return headers
  }

  func send(_ body: String, headers: [String: String] = [:]) async throws -> Answer {
    let response = try await open(body, headers: headers)
    let bytes = try await response.body.collect(upTo: Self.maximumBytes)
    let type = response.headers.first(name: "Content-Type") ?? ""
    return Answer(
      status: Int(response.status.code), sessionId: response.headers.first(name: "Mcp-Session-Id"), type: type,
      messages: try Self.messages(Array(bytes.readableBytesView), type))
  }

  /// The answer with its body still to come.
  func open(_ body: String, headers: [String: String] = [:]) async throws -> HTTPClientResponse {
    var request = HTTPClientRequest(url: gateway.service.url + path)
    request.method = .POST
    request.headers.add(name: "Authorization", value: "Bearer \(credential)")
    request.headers.add(name: "Content-Type", value: "application/json")
    request.headers.add(name: "Accept", value: accept)
    for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
    request.body = .bytes(ByteBuffer(string: body))
    return try await gateway.service.http.execute(request, timeout: .seconds(30))
  }

  private static func messages(_ bytes: [UInt8], _ type: String) throws -> [JSONValue] {
    guard type.hasPrefix("text/event-stream") else {
      return bytes.isEmpty ? [] : [try WireJSON.decode(JSONValue.self, from: Data(bytes))]
    }
    var parser = EventParser(maximumBytes: maximumBytes)
    return try parser.parse(bytes).map { try WireJSON.decode(JSONValue.self, from: Data($0.data)) }
  }
}
