import Crypto
import Foundation
import MCP
import Model
import ServiceTokens

/// Sessions of legacy clients that nobody has to store: the id itself holds what was agreed on, sealed, so that every replica can serve every
/// request. It is no credential: each request brings its own, and the session only fits the person it was made for.
struct MCPSessions: Sendable {
  /// Seconds that a session lives: a working day. A client whose session has ended initializes again.
  private static let lifetimeSeconds = 43_200.0
  private static let purpose = "mcp-session"
  /// Bytes of an id that are looked at; ours have about 250.
  private static let maximumBytes = 1_024

  private struct Content: Codable {
    var revision: String
    var elicitation: [String]
    var organizationId: OrganizationID
    var userId: UserID?
    var expiresAt: Date
  }

  private let key: SymmetricKey

  init(_ credentials: ServiceCredentials) { key = credentials.replicaKey(for: Self.purpose) }

  /// A session for this client and caller.
  func begin(_ client: MCPClient, for caller: Caller, now: Date = .now) throws -> String {
    let content = Content(
      revision: client.revision.rawValue, elicitation: client.elicitation.map(\.rawValue).sorted(),
      organizationId: caller.organizationId, userId: caller.user?.id,
      expiresAt: now.addingTimeInterval(Self.lifetimeSeconds))
    let sealed = try AES.GCM.seal(try WireJSON.encode(content), using: key)
    guard let combined = sealed.combined else { throw ServiceError(.internalError, "The session could not be made.") }
    return RandomText.base64URL(combined)
  }

  /// What was agreed on.
  ///
  /// - Returns: nil for an id that is not ours, has ended, or belongs to somebody else; the client must initialize again.
  func client(of id: String, for caller: Caller, now: Date = .now) -> MCPClient? {
    guard id.utf8.count <= Self.maximumBytes, let bytes = Base64URL.decode(id.utf8),
      let box = try? AES.GCM.SealedBox(combined: bytes), let plaintext = try? AES.GCM.open(box, using: key),
      let content = try? WireJSON.decode(Content.self, from: plaintext),
      content.organizationId == caller.organizationId, content.userId == caller.user?.id, content.expiresAt > now,
      let revision = ProtocolRevision(rawValue: content.revision)
    else { return nil }
    return MCPClient(
      revision: revision, elicitation: Set(content.elicitation.compactMap(ElicitationMode.init(rawValue:))))
  }
}
