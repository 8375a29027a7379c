import Crypto
import Foundation
import Synchronization
import TestSupport

@testable import VaultKit

/// A stub of Transit, not Transit: it answers `encrypt` and `decrypt` as HashiCorp Vault and OpenBao document them, with one key in memory.
final class TransitStub: Sendable {
  static let token = "hvs.stub-token"

  private struct State {
    var isSealed = false
    var heldText: String?
    var callsBeforeHolding = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let key: SymmetricKey
  private let state = Mutex(State())

  init(key: SymmetricKey = SymmetricKey(size: .bits256)) { self.key = key }

  /// Answers as a server that has been sealed.
  func seal(_ sealed: Bool) { state.withLock { $0.isSealed = sealed } }

  /// From now on gives no answer to calls whose associated data has this text, those before excepted.
  func hold(_ text: String, after calls: Int = 0) {
    state.withLock { ($0.heldText, $0.callsBeforeHolding) = (text, calls) }
  }

  /// How many calls wait for their answer.
  var held: Int { state.withLock { $0.waiting.count } }

  /// Answers every call again, those that wait included.
  func letGo() {
    let waiting = state.withLock { state in
      defer { (state.heldText, state.waiting) = (nil, []) }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  func answer(_ request: StubService.Request) async throws -> StubService.Answer {
    if state.withLock({ $0.isSealed }) { return try errors(503, "Vault is sealed") }
    guard request.method == "POST", request.headers["x-vault-token"] == Self.token,
      request.headers["x-vault-namespace"] == "agents"
    else { return try errors(403, "permission denied") }
    let body = try JSONDecoder().decode([String: String].self, from: request.body)
    let associated = Data(base64Encoded: body["associated_data"] ?? "") ?? Data()
    await wait(associated)
    switch request.path {
    case "/v1/transit/encrypt/lanyard":
      let box = try AES.GCM.seal(
        Data(base64Encoded: body["plaintext"] ?? "") ?? Data(), using: key, authenticating: associated)
      return try data(["ciphertext": "vault:v1:" + (box.combined ?? Data()).base64EncodedString()])
    case "/v1/transit/decrypt/lanyard":
      let text = (body["ciphertext"] ?? "").replacing("vault:v1:", with: "")
      guard let box = try? AES.GCM.SealedBox(combined: Data(base64Encoded: text) ?? Data()),
        let opened = try? AES.GCM.open(box, using: key, authenticating: associated)
      else { return try errors(400, "cipher: message authentication failed") }
      return try data(["plaintext": opened.base64EncodedString()])
    default: return try errors(404, "no handler for route")
    }
  }

  private func wait(_ associated: Data) async {
    await withCheckedContinuation { continuation in
      let waits = state.withLock { state in
        guard let text = state.heldText, String(decoding: associated, as: UTF8.self).contains(text) else {
          return false
        }
        if state.callsBeforeHolding > 0 {
          state.callsBeforeHolding -= 1
          return false
        }
        state.waiting.append(continuation)
        return true
      }
      if !waits { continuation.resume() }
    }
  }

  private func data(_ content: [String: String]) throws -> StubService.Answer { try .json(["data": content]) }

  private func errors(_ status: Int, _ text: String) throws -> StubService.Answer {
    try .json(["errors": [text]], status: status)
  }
}

extension TransitStub {
  /// The stub as it can be reached, with a token for it.
  struct Server: Sendable {
    var url: String
    var tokenFile: String

    /// Of a vault.
    var variables: [String: String] {
      [
        "LANYARD_TRANSIT_URL": url, "LANYARD_TRANSIT_TOKEN_FILE": tokenFile, "LANYARD_TRANSIT_NAMESPACE": "agents",
      ]
    }

    var place: TransitPlace { TransitPlace(url: url, namespace: "agents", tokenFile: tokenFile) }
  }

  /// Answers on a free port while `body` runs.
  func serve(_ body: (Server) async throws -> Void) async throws {
    let tokenFile = FileManager.default.temporaryDirectory.path + "/transit-\(UUID().uuidString)"
    guard
      FileManager.default.createFile(
        atPath: tokenFile, contents: Data((Self.token + "\n").utf8), attributes: [.posixPermissions: 0o600])
    else { throw CocoaError(.fileWriteUnknown) }
    defer { try? FileManager.default.removeItem(atPath: tokenFile) }
    let answer: @Sendable (StubService.Request) async throws -> StubService.Answer = { try await self.answer($0) }
    try await StubService.with(answer: answer) { try await body(Server(url: $0.url, tokenFile: tokenFile)) }
  }
}
