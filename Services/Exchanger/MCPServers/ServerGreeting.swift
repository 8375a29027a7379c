import Egress
import Foundation
import MCP
import Model
import Providers

/// How an MCP server meets a caller without a token.
struct ServerGreeting: Sendable {
  var access: MCPServerDiscovery.Access
  var check: IntegrationCheck
  /// What a refusal says about where to get a token.
  var challenge: BearerChallenge?
}

extension ServerGreeting {
  static let checkName = "mcp_endpoint"

  /// For one question: a server that thinks longer about a greeting will not be used with pleasure.
  private static let deadline = Duration.seconds(8)
  /// The questions of both eras. A server of one era refuses the other's, which says nothing about tokens.
  private static let questions: [(body: String, headers: [(name: String, value: String)])] = [
    (
      #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"#
        + #""clientInfo":{"name":"lanyard","version":"1"}}}"#, []
    ),
    (
      #"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{"#
        + #""io.modelcontextprotocol/protocolVersion":"2026-07-28","#
        + #""io.modelcontextprotocol/clientCapabilities":{}}}}"#,
      [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "server/discover")]
    ),
  ]

  /// Greets a server, first as an old client does and then as a new one. Only the head of its answer is read.
  static func of(_ url: String, over transport: any ProviderTransport) async -> ServerGreeting {
    var last = failed("The address could not be used.")
    for question in questions {
      do {
        let request = try ProviderRequest(
          posting: Data(question.body.utf8), to: url, accepting: "application/json, text/event-stream",
          headers: question.headers)
        let head = try await transport.head(request, within: deadline)
        switch head.status {
        case 401, 403: return asked(head)
        case 200..<300: return open
        case 300..<400:
          return failed("It answers with a redirect (\(head.status)), which is not followed. Give its target.")
        default: last = failed("It answers with status \(head.status) to a greeting. Is this an MCP server's address?")
        }
      } catch {
        // Whether nothing is there or it may not be asked is not told apart: nobody explores a network by this.
        return failed(EgressError.tenantMessage)
      }
    }
    return last
  }

  private static func asked(_ head: ProviderHead) -> ServerGreeting {
    let challenge = BearerChallenge(headers: head.challenges)
    let named = challenge?.resourceMetadata == nil ? "does not say where its metadata is" : "says where its metadata is"
    return ServerGreeting(
      access: .oauth,
      check: IntegrationCheck(
        name: checkName, ok: true, detail: "It asks for a token (status \(head.status)) and \(named)."),
      challenge: challenge)
  }

  private static let open = ServerGreeting(
    access: .open,
    check: IntegrationCheck(
      name: checkName, ok: true, detail: "It answers without a token: the authentication \"none\" is enough."))

  private static func failed(_ detail: String) -> ServerGreeting {
    ServerGreeting(access: .unknown, check: IntegrationCheck(name: checkName, ok: false, detail: detail))
  }
}
