import Crypto
import Foundation
import Synchronization
import TestSupport

/// A stub of Transit, not Transit: it answers `encrypt` and `decrypt` as HashiCorp Vault and OpenBao document them, with one key in memory.
final class TransitStub: Sendable {
  static let token = "hvs.stub-token"

  private let key: SymmetricKey
  private let isSealed = Mutex(false)

  init(key: SymmetricKey = SymmetricKey(size: .bits256)) { self.key = key }

  /// Answers as a server that has been sealed.
  func seal(_ sealed: Bool) { isSealed.withLock { $0 = sealed } }

  func answer(_ request: StubService.Request) throws -> StubService.Answer {
    if isSealed.withLock({ $0 }) { return try errors(503, "Vault is sealed") }
    guard request.method == "POST", request.headers["x-vault-token"] == Self.token,
      request.headers["x-vault-namespace"] == "agents"
    else { return try errors(403, "permission denied") }
    let body = try JSONDecoder().decode([String: String].self, from: request.body)
    let associated = Data(base64Encoded: body["associated_data"] ?? "") ?? Data()
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

  private func data(_ content: [String: String]) throws -> StubService.Answer { try .json(["data": content]) }

  private func errors(_ status: Int, _ text: String) throws -> StubService.Answer {
    try .json(["errors": [text]], status: status)
  }
}
