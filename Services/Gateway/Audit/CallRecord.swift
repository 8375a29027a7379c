import Foundation
import Model
import Synchronization

/// What becomes of one tool call, noted along its way. Whatever happens, it is put on record once: at its end, or when nobody knows of it any
/// more.
final class CallRecord: Sendable {
  /// Characters of a tool's name that are recorded: as long as a tool's name can be.
  private static let nameLength = 128

  private struct Notes {
    var server: MCPServerID?
    var host: String?
    var connection: ConnectionID?
    var tool = ""
    var outcome = AuditEntry.Outcome.succeeded
    var reason: String?
    var hasEnded = false
  }

  private let identity: CallerIdentity
  private let requestId: String
  private let queue: CallAuditQueue
  private let begin = Date.now
  private let start = ContinuousClock.now
  private let notes = Mutex(Notes())

  init(_ identity: CallerIdentity, requestId: String, _ queue: CallAuditQueue) {
    self.identity = identity
    self.requestId = requestId
    self.queue = queue
  }

  deinit {
    // An answer that was made and never asked for: its client had gone.
    note(.failed, because: CallEnd.cancelled)
    end()
  }

  /// What the call is for, as far as it is known.
  func note(tool: String, at server: MCPServerID? = nil) {
    // Names come from outside, and are read in one line.
    let shown = tool.unicodeScalars.prefix(Self.nameLength).map {
      $0.properties.generalCategory == .control ? "\u{FFFD}" : Character($0)
    }
    notes.withLock { notes in
      notes.tool = String(shown)
      notes.server = server ?? notes.server
    }
  }

  /// Whose token goes with it; nil for a server that asks for no member's own.
  func note(connection: ConnectionID?) { notes.withLock { $0.connection = connection } }

  /// The host of a server that an Application names itself.
  func note(host: String) { notes.withLock { $0.host = host } }

  /// How it ended, so far: what is noted later counts.
  func note(_ outcome: AuditEntry.Outcome, because reason: String? = nil) {
    notes.withLock { notes in
      notes.outcome = outcome
      notes.reason = reason
    }
  }

  /// The call is over. Only the first end counts.
  func end() {
    let ended: Notes? = notes.withLock { notes in
      guard !notes.hasEnded else { return nil }
      notes.hasEnded = true
      return notes
    }
    guard let ended else { return }
    queue.append(
      ToolCallRecord(
        occurredAt: begin, actor: identity.actor, userId: identity.caller.user?.id,
        application: identity.application?.scope,
        mcpServerId: ended.server, connectionId: ended.connection, host: ended.host, tool: ended.tool,
        outcome: ended.outcome, reason: ended.reason,
        durationMilliseconds: Int(start.duration(to: .now) / .milliseconds(1)), requestId: requestId),
      of: identity.caller.organizationId)
  }
}

/// Stable words for how a call ended where no rule is the reason.
enum CallEnd {
  /// The client gave it up.
  static let cancelled = "cancelled"
  /// There is no such tool, or no such server.
  static let unknownTool = "unknown_tool"
  /// The request was malformed.
  static let invalidRequest = "invalid_request"
  /// The organization calls too often.
  static let rateLimited = "rate_limited"
  /// The member must connect an account first.
  static let consentRequired = "consent_required"
  /// There is no token for the server, and the member cannot help it.
  static let noCredential = "no_credential"
  /// The server does not let the account in, or not do this.
  static let refusedByServer = "refused_by_server"
  /// The tool says that it failed.
  static let toolError = "tool_error"
  /// The server answered with an error of the protocol.
  static let serverError = "server_error"
  /// The server waits for the person.
  static let inputRequired = "input_required"
  /// The server took too long.
  static let timeout = "timeout"
  /// The server gave no answer that can be used. What it did is not known.
  static let noAnswer = "no_answer"
}

extension CallerIdentity {
  /// Whose doing it is: the host platform by its key, an Application or a Charm on a member's behalf, or the member.
  fileprivate var actor: Actor {
    if caller.credential == .apiKey { return Actor(kind: .hostPlatform, id: caller.credentialId) }
    if let application { return Actor(kind: .application, id: application.description.id) }
    return caller.charmId.map { Actor(kind: .charm, id: $0) } ?? Actor(kind: .member)
  }
}
