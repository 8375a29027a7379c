import Egress
import MCP
import Model
import ServiceKit

/// Fetches what tools a server has and hands it to the policy service, which keeps and pins it.
struct MCPCatalogue: Sendable {
  /// Pages of a list that are read: a server with more is broken or hostile.
  private static let maximumPages = 50

  let peers: PeerClients
  let wire: MCPWire
  let eras: MCPEras

  /// Fetches the list for this caller and stores it.
  ///
  /// - Returns: what the catalogue is now; nil where the server does not let the caller in.
  func fetch(
    _ server: MCPServerAccess, with credential: MCPCredential, for identity: CallerIdentity
  ) async throws -> StoredTools? {
    let definitions: [String]
    do {
      guard let found = try await self.definitions(of: server, with: credential, for: identity) else { return nil }
      definitions = found
    } catch is MCPEras.Failure {
      throw ServiceError(.providerUnavailable, "The MCP server gave no answer that can be used.")
    } catch is EgressError {
      throw ServiceError(.providerUnavailable, EgressError.tenantMessage)
    }
    return try await peers.call(
      MCPServerEndpoints.storeTools,
      identity.asking(Targeted(server.id, StoreTools(definitions: definitions))))
  }

  private func definitions(
    of server: MCPServerAccess, with credential: MCPCredential, for identity: CallerIdentity
  ) async throws -> [String]? {
    let address = MCPAddress(server, credential, identity)
    let speech: MCPEras.Speech
    do {
      speech = try await eras.speech(with: address, credential)
    } catch MCPEras.Failure.unauthorized {
      return nil
    }
    var definitions: [String] = []
    var cursor: String?
    for _ in 0..<Self.maximumPages {
      guard let page = try await page(cursor, address, credential, speech) else { return nil }
      definitions += page.tools.map(\.text.text)
      cursor = page.nextCursor
      guard cursor != nil else { break }
    }
    return definitions
  }

  private func page(
    _ cursor: String?, _ address: MCPAddress, _ credential: MCPCredential, _ speech: MCPEras.Speech
  ) async throws -> ToolPage? {
    let id = MessageIdentifier(RandomText.base64URL(bytes: 16))
    let params: [(String, JSONText?)] = cursor.map { [("cursor", JSONText($0))] } ?? []
    let bytes: [UInt8]
    let headers: [(name: String, value: String)]
    switch speech {
    case .modern(let revision):
      let envelope = ModernEnvelope(revision: revision, capabilities: ClientCapabilities(), client: MCPEras.client)
      bytes = OutgoingMessage.request(id, "tools/list", params, envelope: envelope)
      headers = try MirroredHeaders.headers(for: MCPMessage(bytes))
    case .legacy(let session):
      bytes = OutgoingMessage.request(id, "tools/list", params)
      headers = session.headers
    }
    let answer = try await wire.exchange(bytes, to: address, credential, headers)
    if answer.status == 404 { eras.forget(address) }
    return answer.message.flatMap { ToolPage($0) }
  }
}
