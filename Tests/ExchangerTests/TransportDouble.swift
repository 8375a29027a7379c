import Foundation
import Model
import Providers
import Synchronization

@testable import ExchangerKit

/// A double for providers: scripted answers, in order, and a record of what was asked.
final class TransportDouble: ProviderTransport {
  enum Script: Sendable {
    case reply(Int, String, retryAfter: Int? = nil)
    /// An answer of which only status and challenge count.
    case head(Int, challenge: String? = nil)
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
    try reply(to: take(request))
  }

  func head(_ request: ProviderRequest, within deadline: Duration) async throws -> ProviderHead {
    switch take(request) {
    case .head(let status, let challenge):
      return ProviderHead(status: status, challenges: challenge.map { [$0] } ?? [])
    case .reply(let status, _, _): return ProviderHead(status: status, challenges: [])
    case .silence(let silence): throw silence
    }
  }

  func fetch(_ url: String, within deadline: Duration) async throws -> ProviderReply {
    try reply(to: take(url: url, body: ""))
  }

  private func take(_ request: ProviderRequest) -> Script {
    take(
      url: request.content.expose { $0.url },
      body: request.content.expose { $0.body.map { String(decoding: $0, as: UTF8.self) } ?? "" })
  }

  private func take(url: String, body: String) -> Script {
    state.withLock { state in
      state.urls.append(url)
      state.bodies.append(body)
      return state.scripts.isEmpty ? Script.silence(.notSent(reason: "unscripted")) : state.scripts.removeFirst()
    }
  }

  private func reply(to script: Script) throws -> ProviderReply {
    switch script {
    case .reply(let status, let text, let retryAfter):
      return ProviderReply(status: status, body: Data(text.utf8), retryAfter: retryAfter)
    case .head(let status, _): return ProviderReply(status: status, body: Data(), retryAfter: nil)
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
