import Deadlines
import Egress
import Foundation
import HTTPTypes
import MCP
import Model

/// Listens to servers that say when their tools change, for as long as somebody listens here.
struct MCPServerWatch: Sendable {
  /// Bytes of one event: a notification.
  private static let maximumEventBytes = 64 << 10
  /// Seconds with one token: as long as calls hold one.
  private static let holdSeconds = 60
  /// The pause after a stream that was cut off: servers restart.
  private static let pause = Duration.seconds(15)
  /// The pause after a server said that it cannot be listened to, as most do: it may have been upgraded.
  private static let longPause = Duration.seconds(600)

  let access: MCPAccessBroker
  let wire: MCPWire
  let eras: MCPEras
  let credentials: MCPCredentials
  let upkeep: MCPCatalogueUpkeep

  /// Listens until it is cancelled.
  func listen(at server: MCPServerID, for identity: CallerIdentity) async {
    while !Task.isCancelled {
      do {
        let hears = try await withDeadline(.seconds(Self.holdSeconds)) {
          try await listenOnce(at: server, for: identity)
        }
        try? await Task.sleep(for: hears ? Self.pause : Self.longPause)
      } catch is DeadlineExceeded {
        // On with it, with the token of now.
      } catch {
        // Whatever fails here is found out, and told, by whoever calls a tool.
        try? await Task.sleep(for: Self.pause)
      }
    }
  }

  /// - Returns: whether the server can be listened to, when its stream has ended.
  private func listenOnce(at id: MCPServerID, for identity: CallerIdentity) async throws -> Bool {
    let server = try await access.server(id, for: identity)
    guard server.decision.effect == .allow,
      case .credential(let credential) = try await credentials.credential(for: server, identity)
    else { return false }
    let address = MCPAddress(server, credential, identity)
    let request = try request(try await eras.speech(with: address, credential), address, credential)
    return try await wire.egress.stream(request) { stream in
      guard (200..<300).contains(stream.status.code), MCPWire.isEventStream(stream.headers) else { return false }
      var parser = EventParser(maximumBytes: Self.maximumEventBytes)
      for try await piece in stream {
        for event in try parser.parse(piece) {
          guard let message = try? MCPMessage(event.data) else { continue }
          if message.method == "notifications/tools/list_changed" { upkeep.changed(server, for: identity) }
        }
      }
      return true
    }
  }

  private func request(
    _ speech: MCPEras.Speech, _ address: MCPAddress, _ credential: MCPCredential
  ) throws -> EgressRequest {
    switch speech {
    case .modern(let revision):
      let envelope = ModernEnvelope(revision: revision, capabilities: ClientCapabilities(), client: MCPEras.client)
      let bytes = Subscription(id: MessageIdentifier(1)).request(
        SubscriptionFilter(toolsListChanged: true), envelope: envelope)
      return wire.request(bytes, to: address, credential, try MirroredHeaders.headers(for: MCPMessage(bytes)))
    case .legacy(let session):
      // The stream of a session's own (revision 2025-11-25, transports).
      var request = wire.request([], to: address, credential, session.headers)
      request.method = .get
      request.headers[.contentType] = nil
      request.headers[.accept] = "text/event-stream"
      return request
    }
  }
}
