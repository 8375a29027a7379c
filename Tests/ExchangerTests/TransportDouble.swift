import Foundation
import Model
import Providers
import Synchronization

@testable import ExchangerKit

/// A double for providers: scripted answers, in order, and a record of what was asked.
final class TransportDouble: ProviderTransport {
  enum Script: Sendable {
    case reply(Int, String, retryAfter: Int? = nil)
    case silence(ProviderSilence)
  }

  private struct State {
    var scripts: [Script]
    var bodies: [String] = []
    var urls: [String] = []
  }

  private let state: Mutex<State>

  init(_ scripts: Script...) { state = Mutex(State(scripts: scripts)) }

  /// The bodies of the requests so far.
  var bodies: [String] { state.withLock { $0.bodies } }
  /// Where they went.
  var urls: [String] { state.withLock { $0.urls } }

  func send(_ request: ProviderRequest, within deadline: Duration) async throws -> ProviderReply {
    try next(
      url: request.content.expose { $0.url },
      body: request.content.expose { $0.body.map { String(decoding: $0, as: UTF8.self) } ?? "" })
  }

  func fetch(_ url: String, within deadline: Duration) async throws -> ProviderReply { try next(url: url, body: "") }

  private func next(url: String, body: String) throws -> ProviderReply {
    let script = state.withLock { state in
      state.urls.append(url)
      state.bodies.append(body)
      return state.scripts.isEmpty ? Script.silence(.notSent(reason: "unscripted")) : state.scripts.removeFirst()
    }
    switch script {
    case .reply(let status, let text, let retryAfter):
      return ProviderReply(status: status, body: Data(text.utf8), retryAfter: retryAfter)
    case .silence(let silence): throw silence
    }
  }
}

/// A custom provider with every endpoint.
enum Samples {
  static let custom = CustomProvider(
    providerUrl: "https://id.example.com", issuer: "https://id.example.com",
    authorizationEndpoint: "https://id.example.com/authorize", tokenEndpoint: "https://id.example.com/token",
    revocationEndpoint: "https://id.example.com/revoke", userinfoEndpoint: "https://id.example.com/me")

  static func provider(_ custom: CustomProvider = custom) throws -> ResolvedProvider { try Provider.custom(custom) }

  static let client = ClientCredentials(id: "client", secret: Secret("secret"))
}
