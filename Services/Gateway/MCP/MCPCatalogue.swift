import Deadlines
import Egress
import MCP
import Model
import ServiceKit
import SingleFlight

/// Fetches what tools a server has and hands it to the policy service, which keeps and pins it.
struct MCPCatalogue: Sendable {
  /// Pages of a list that are read: a server with more is broken or hostile.
  private static let maximumPages = 50
  /// Bytes of a page besides the tools that are kept: the message around them, and entries that are no tools.
  private static let marginBytes = 256 << 10
  /// Seconds for a whole list, handshake included: a client waits for it, and everyone who joined it.
  private static let fetchSeconds = 60

  /// Whose first look at which server: another person, account or Application may be shown other tools, and what is stored is stored in
  /// the name of the caller.
  private struct FirstLook: Hashable, Sendable {
    var address: MCPAddress
    var caller: CredentialDigest
  }

  /// The server has more tools than are kept.
  private struct TooMany: Error {}

  let peers: PeerClients
  let wire: MCPWire
  let eras: MCPEras
  private let firstLooks = SingleFlight<FirstLook, Bool>()

  init(peers: PeerClients, wire: MCPWire, eras: MCPEras) {
    self.peers = peers
    self.wire = wire
    self.eras = eras
  }

  /// Fetches a list that was never stored. A caller's calls that need it at the same moment fetch it once.
  ///
  /// - Returns: whether the server lets the caller in.
  func fetchFirst(
    _ server: MCPServerAccess, with credential: MCPCredential, for identity: CallerIdentity
  ) async throws -> Bool {
    let look = FirstLook(address: MCPAddress(server, credential, identity), caller: identity.credential)
    return try await firstLooks.run(look) { try await fetch(server, with: credential, for: identity) != nil }
  }

  /// Fetches the list for this caller and stores it.
  ///
  /// - Returns: what the catalogue is now; nil where the server does not let the caller in.
  /// - Throws: `provider_unavailable` for a server that gives no list, or more than is kept.
  func fetch(
    _ server: MCPServerAccess, with credential: MCPCredential, for identity: CallerIdentity
  ) async throws -> StoredTools? {
    let found: [String]?
    do {
      found = try await withDeadline(.seconds(Self.fetchSeconds)) {
        try await definitions(of: server, with: credential, for: identity)
      }
    } catch is TooMany, EgressError.tooLarge {
      let most = "\(StoreTools.maximumCount) tools of \(StoreTools.maximumBytes) bytes together"
      throw ServiceError(.providerUnavailable, "The MCP server has more than can be kept, which is \(most).")
    } catch is MCPEras.Failure, is DeadlineExceeded {
      throw ServiceError(.providerUnavailable, "The MCP server gave no answer that can be used.")
    } catch is EgressError {
      throw ServiceError(.providerUnavailable, EgressError.tenantMessage)
    }
    guard let found else { return nil }
    return try await peers.call(
      MCPServerEndpoints.storeTools, identity.asking(Targeted(server.id, StoreTools(definitions: found))))
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
    var bytesLeft = StoreTools.maximumBytes
    var cursor: String?
    for _ in 0..<Self.maximumPages {
      let limit = bytesLeft + Self.marginBytes
      guard let page = try await page(cursor, limit, address, credential, speech) else { return nil }
      for tool in page.tools {
        bytesLeft -= tool.text.bytes.count
        guard bytesLeft >= 0, definitions.count < StoreTools.maximumCount else { throw TooMany() }
        definitions.append(tool.text.text)
      }
      cursor = page.nextCursor
      guard cursor != nil else { break }
    }
    return definitions
  }

  private func page(
    _ cursor: String?, _ maximumBytes: Int, _ address: MCPAddress, _ credential: MCPCredential,
    _ speech: MCPEras.Speech
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
    let answer = try await wire.exchange(bytes, to: address, credential, headers, maximumBytes: maximumBytes)
    if answer.status == 404 { eras.forget(address) }
    return answer.message.flatMap { ToolPage($0) }
  }
}
