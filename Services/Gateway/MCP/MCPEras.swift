import Foundation
import MCP
import Model
import ServiceKit
import SingleFlight
import Synchronization

/// Finds out which era a server speaks, once in a while, and opens sessions where it needs one.
struct MCPEras: Sendable {
  /// How a server is to be spoken to.
  enum Speech: Sendable, Hashable {
    case modern(ProtocolRevision)
    case legacy(Session)
  }

  /// What a legacy server and we agreed on.
  struct Session: Sendable, Hashable {
    /// Nil where the server needs none.
    var id: String?
    var revision: ProtocolRevision
  }

  /// Why nothing could be agreed on.
  enum Failure: Error {
    /// The credential was refused: which way, as for a call.
    case unauthorized(MCPUpstreamOutcome)
    case incompatible
    case unreachable
  }

  /// Seconds after which a server is asked again: it may have been upgraded.
  private static let lifetimeSeconds = 600.0
  /// Servers and people that are remembered; beyond it all are asked again.
  private static let maximumCount = 10_000
  static let client = Implementation(name: "lanyard", version: LanyardVersion.current, title: "Lanyard")

  private struct Entry {
    var greeting: Greeting
    var until: Date
  }

  /// How a server answered our first words.
  struct Greeting: Sendable {
    var speech: Speech
    /// What it says it is; nil where it does not.
    var server: Implementation?
  }

  let wire: MCPWire
  private let known = Known()
  private let probes = SingleFlight<MCPAddress, Greeting>()

  private final class Known: Sendable {
    let entries = Mutex<[MCPAddress: Entry]>([:])
  }

  init(wire: MCPWire) { self.wire = wire }

  /// - Throws: ``Failure``, `EgressError`.
  func speech(with address: MCPAddress, _ credential: MCPCredential, now: Date = .now) async throws -> Speech {
    try await greeting(of: address, credential, now: now).speech
  }

  /// - Throws: ``Failure``, `EgressError`.
  func greeting(of address: MCPAddress, _ credential: MCPCredential, now: Date = .now) async throws -> Greeting {
    let entry = known.entries.withLock { $0[address] }
    if let entry, entry.until > now { return entry.greeting }
    return try await probes.run(address) {
      let greeting = try await probe(address, credential)
      known.entries.withLock { entries in
        if entries.count >= Self.maximumCount { entries = [:] }
        entries[address] = Entry(greeting: greeting, until: now.addingTimeInterval(Self.lifetimeSeconds))
      }
      return greeting
    }
  }

  /// The session has ended, or the server is not what it was.
  func forget(_ address: MCPAddress) { known.entries.withLock { _ = $0.removeValue(forKey: address) } }

  /// A modern request first: a legacy server refuses it in a way that tells (revision 2026-07-28, versioning).
  private func probe(_ address: MCPAddress, _ credential: MCPCredential) async throws -> Greeting {
    let envelope = ModernEnvelope(capabilities: ClientCapabilities(), client: Self.client)
    let request = OutgoingMessage.request(MessageIdentifier(1), "server/discover", envelope: envelope)
    let headers = try MirroredHeaders.headers(for: MCPMessage(request))
    let answer = try await wire.exchange(request, to: address, credential, headers)
    switch ServerProbe(status: answer.status, message: answer.message) {
    case .modern(let revision):
      return Greeting(speech: .modern(revision), server: answer.message.flatMap { DiscoverResult($0) }?.server)
    case .legacy: return try await initialize(address, credential)
    case .incompatible: throw Failure.incompatible
    case .undecided:
      try Self.requireAdmission(answer)
      throw Failure.unreachable
    }
  }

  private static func requireAdmission(_ answer: MCPWire.Answer) throws {
    guard answer.status != 401, answer.status != 403 else {
      throw Failure.unauthorized(MCPUpstreamOutcome(refused: answer.status, answer.headers))
    }
  }

  private func initialize(_ address: MCPAddress, _ credential: MCPCredential) async throws -> Greeting {
    // A server asks in the middle of a call only for what is declared. Addresses need no declaration: they come as errors.
    let capabilities = ClientCapabilities(elicitation: address.showsForms ? [.form] : [])
    let request = InitializeRequest(
      protocolVersion: ProtocolRevision.latestLegacy.rawValue, capabilities: capabilities, client: Self.client)
    let answer = try await wire.exchange(request.message(MessageIdentifier(1)), to: address, credential, [])
    try Self.requireAdmission(answer)
    guard let result = answer.message.flatMap({ InitializeResult($0) }) else { throw Failure.incompatible }
    guard let revision = ProtocolRevision(rawValue: result.protocolVersion), revision.isSupported,
      revision.era == .legacy
    else { throw Failure.incompatible }
    let session = Session(id: answer.sessionId, revision: revision)
    _ = try await wire.exchange(OutgoingMessage.initialized, to: address, credential, session.headers)
    return Greeting(speech: .legacy(session), server: result.server)
  }
}

extension MCPEras.Session {
  /// What every request after the handshake carries.
  var headers: [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = []
    if revision.requiresVersionHeader { headers.append((HeaderName.protocolVersion, revision.rawValue)) }
    if let id { headers.append((HeaderName.sessionId, id)) }
    return headers
  }
}
