import Foundation
import Model
import Providers

/// Talks to a token endpoint and reads what it says.
struct TokenClient: Sendable {
  let transport: any ProviderTransport

  /// Sends a token request.
  ///
  /// - Throws: ``TokenFailure``.
  func tokens(
    _ request: ProviderRequest, of provider: Provider, within deadline: Duration
  ) async throws -> (answer: TokenAnswer, set: TokenSet) {
    let reply: ProviderReply
    do {
      reply = try await transport.send(request, within: deadline)
    } catch let silence as ProviderSilence {
      throw TokenFailure(silence)
    }
    // The clock is ours, read when the answer is here: the provider's may be off.
    let receivedAt = Date.now
    switch provider.readTokenAnswer(reply.body) {
    case .failure(let error): throw TokenFailure(error, in: reply)
    case .success(let answer):
      guard reply.isSuccess else { throw TokenFailure(.missingAccessToken, in: reply) }
      try Self.checkType(answer.tokenType)
      return (answer, TokenSet(answer, receivedAt: receivedAt))
    }
  }

  /// RFC 6749 section 7.1: a token of a type that one does not understand must not be used.
  private static func checkType(_ type: String?) throws {
    guard let type, type.lowercased() != "bearer" else { return }
    // Some catalogued providers name the kind of their token here (Slack: "user", "bot") and mean bearer.
    guard ["mac", "dpop", "pop"].contains(type.lowercased()) else { return }
    throw TokenFailure(.configError, "unsupported_token_type")
  }
}

extension TokenSet {
  /// The parts that the vault keeps.
  init(_ answer: TokenAnswer, receivedAt: Date) {
    let scopes: [String]? = if case .these(let scopes) = answer.scopes { scopes } else { nil }
    let expiresAt: Date? =
      switch answer.expiry {
      case .seconds(let seconds): receivedAt.addingTimeInterval(seconds)
      case .at(let date): date
      case .never, .unknown: nil
      }
    self.init(
      accessToken: WireSecret(answer.accessToken), refreshToken: answer.refreshToken.map { WireSecret($0) },
      scopes: scopes, expiresAt: expiresAt, metadata: answer.metadata)
  }
}
