import Foundation
import Model
import Providers

/// Tells a provider that tokens are no longer wanted, and says honestly what came of it.
struct TokenRevoker: Sendable {
  /// What a provider said about one Connection's tokens.
  struct Outcome: Sendable, Equatable {
    var state: RevocationReport.State
    var reason: String
    var retryAfter: Int?
  }

  /// Tries of one call in a row: a provider that fails now and then is through at once, and one that is down is asked three times per
  /// attempt of the vault's, whose pauses grow.
  private static let tries = 3
  /// The provider does not know the client.
  private static let clientRefused = "client_refused"
  /// Between two tries, with jitter.
  private static let pauseMilliseconds = 50...250

  let transport: any ProviderTransport

  /// - Parameter clients: the client with each of its secrets, in the order in which they are tried: the next one only where the provider
  ///   does not know the client, before which it has looked at no token (RFC 7009 section 2.1).
  func revoke(
    accessToken: Secret<String>?, refreshToken: Secret<String>?, at resolved: ResolvedProvider,
    clients: [ClientCredentials], providerAccountId: String? = nil
  ) async -> Outcome {
    var outcome = Outcome(state: .failed, reason: Self.clientRefused)
    for client in clients where outcome.reason == Self.clientRefused {
      outcome = await revoke(accessToken, refreshToken, at: resolved, as: client, providerAccountId)
    }
    return outcome
  }

  private func revoke(
    _ accessToken: Secret<String>?, _ refreshToken: Secret<String>?, at resolved: ResolvedProvider,
    as client: ClientCredentials, _ providerAccountId: String?
  ) async -> Outcome {
    let requests: [ProviderRequest]
    do {
      requests = try resolved.revocation(
        accessToken: accessToken, refreshToken: refreshToken, client: client, providerAccountId: providerAccountId)
    } catch {
      return Outcome(state: .failed, reason: "configuration")
    }
    guard !requests.isEmpty else { return Outcome(state: .notRevocableAtProvider, reason: "no_endpoint") }
    var confirmed = false
    for request in requests {
      let outcome = await sendPatiently(request, rule: resolved.provider.revocation)
      switch outcome.state {
      case .revoked: confirmed = true
      // The access token ends with its refresh token at many providers, which then do not know it any more.
      case .failed where confirmed: continue
      // A type that the endpoint does not take (RFC 7009 section 2.2.1) is no reason to keep the other one.
      case .notRevocableAtProvider: continue
      default: return outcome
      }
    }
    return confirmed
      ? Outcome(state: .revoked, reason: "confirmed")
      : Outcome(state: .notRevocableAtProvider, reason: "unsupported_token_type")
  }

  /// Sends again what was answered with a passing failure. Silence is not tried again here: it has taken its time already, and a provider
  /// that names a time is taken at its word.
  private func sendPatiently(_ request: ProviderRequest, rule: RevocationRule) async -> Outcome {
    for _ in 1..<Self.tries {
      let (outcome, answered) = await send(request, rule: rule)
      guard answered, outcome.state == .pending, outcome.retryAfter == nil, outcome.reason != Self.clientRefused
      else { return outcome }
      do {
        try await Task.sleep(for: .milliseconds(Int.random(in: Self.pauseMilliseconds)))
      } catch {
        return outcome
      }
    }
    return await send(request, rule: rule).outcome
  }

  private func send(
    _ request: ProviderRequest, rule: RevocationRule
  ) async -> (outcome: Outcome, answered: Bool) {
    let reply: ProviderReply
    do {
      reply = try await transport.send(request, within: ProviderDeadline.exchange)
    } catch let silence as ProviderSilence {
      return (Outcome(state: .pending, reason: silence.reason), false)
    } catch {
      return (Outcome(state: .pending, reason: "not_sent"), false)
    }
    return (Self.read(reply, rule: rule), true)
  }

  private static func read(_ reply: ProviderReply, rule: RevocationRule) -> Outcome {
    let document = try? JSONDecoder().decode(JSONValue.self, from: reply.body)
    if reply.isSuccess {
      guard let test = rule.succeeds else { return Outcome(state: .revoked, reason: "confirmed") }
      return document.map(test.holds) == true
        ? Outcome(state: .revoked, reason: "confirmed") : Outcome(state: .failed, reason: "refused_with_success_status")
    }
    if document?["error"]?.text == "unsupported_token_type" {
      return Outcome(state: .notRevocableAtProvider, reason: "unsupported_token_type")
    }
    // The tokens live on, and an owner may yet store a secret that the provider knows.
    if document?["error"]?.text == "invalid_client" { return Outcome(state: .pending, reason: clientRefused) }
    // RFC 7009 section 2.2: a token that the provider does not know needs no revoking; some say so as an error.
    if document?["error"]?.text == "invalid_token" { return Outcome(state: .revoked, reason: "already_gone") }
    // A template of the provider's own that names the token in its path: gone is what was wanted.
    if rule.style == .request, reply.status == 404 { return Outcome(state: .revoked, reason: "already_gone") }
    // RFC 7009 section 2.2.1: on 503 the token still lives.
    if reply.status >= 500 || [408, 425, 429].contains(reply.status) || (300..<400).contains(reply.status) {
      return Outcome(state: .pending, reason: "status_\(reply.status)", retryAfter: reply.retryAfter)
    }
    return Outcome(state: .failed, reason: "status_\(reply.status)")
  }
}

extension ProviderSilence {
  /// A stable word.
  var reason: String {
    switch self {
    case .notSent(let reason), .outcomeUnknown(let reason): reason
    }
  }
}
