import Egress
import Foundation
import HTTPTypes
import Model
import Providers

/// Sends requests to providers through the guarded client.
struct EgressTransport: ProviderTransport {
  /// Bytes of a provider's answer; token answers and profiles have a few thousand.
  private static let maximumAnswerBytes = 262_144

  let egress: EgressClient

  func send(_ request: ProviderRequest, within deadline: Duration) async throws -> ProviderReply {
    try await reply(to: outgoing(request, within: deadline))
  }

  func head(_ request: ProviderRequest, within deadline: Duration) async throws -> ProviderHead {
    do {
      return try await egress.stream(outgoing(request, within: deadline)) { stream in
        ProviderHead(status: stream.status.code, challenges: stream.headers[values: .wwwAuthenticate])
      }
    } catch let error as EgressError {
      throw Self.silence(error) ?? .notSent(reason: error.outcome)
    }
  }

  private func outgoing(_ request: ProviderRequest, within deadline: Duration) -> EgressRequest {
    request.content.expose { content in
      var headers = HTTPFields()
      for (name, value) in content.headers {
        guard let name = HTTPField.Name(name) else { continue }
        headers[name] = value
      }
      // A connection that is just closing must not be met: whether a token request was sent decides what happens to the Connection.
      return EgressRequest(
        HTTPRequest.Method(request.method) ?? .post, content.url, headers: headers, body: content.body ?? Data(),
        maximumResponseBytes: Self.maximumAnswerBytes, totalTimeout: deadline, freshConnection: true)
    }
  }

  func fetch(_ url: String, within deadline: Duration) async throws -> ProviderReply {
    try await reply(to: EgressRequest(.get, url, headers: [.accept: "application/json"], totalTimeout: deadline))
  }

  private func reply(to request: EgressRequest) async throws -> ProviderReply {
    do {
      let response = try await egress.send(request)
      return ProviderReply(
        status: response.status.code, body: response.body,
        retryAfter: RetryAfter.seconds(response.headers[.retryAfter], at: .now))
    } catch {
      // Answered, and with nothing that a token endpoint says: like any other unreadable answer.
      guard let silence = Self.silence(error) else { return ProviderReply(status: 200, body: Data(), retryAfter: nil) }
      throw silence
    }
  }

  /// Nil for an answer that is too large: there was one.
  private static func silence(_ error: EgressError) -> ProviderSilence? {
    switch error {
    case .refused: .notSent(reason: "address_refused")
    case .notSent(let failure): .notSent(reason: "not_sent_\(failure.rawValue)")
    case .outcomeUnknown(let failure): .outcomeUnknown(reason: failure.rawValue)
    case .tooLarge: nil
    }
  }
}
