/// Writes the way back to the client: `code` or `error`, with `state` and `iss` (RFC 6749 section 4.1.2, RFC 9207).
struct AuthorizationAnswer: Sendable {
  let issuer: Issuer
  let discovery: LiveDiscovery
  let faults: FaultList
  let counters: Counters

  func success(_ code: String, to address: ReturnAddress) -> String { write([("code", code)], to: address) }

  func refusal(_ error: OAuthError, to address: ReturnAddress) -> String {
    write([("error", error.code.rawValue), ("error_description", error.message)], to: address)
  }

  private func write(_ outcome: [(String, String)], to address: ReturnAddress) -> String {
    var parameters = outcome
    if let state = address.state { parameters.append(("state", state)) }
    if discovery.current.sendsIssuer { parameters.append(("iss", issuer.url)) }
    if let fault = faults.take(.authorize, grantType: nil, clientID: nil, where: \.changesAuthorizationAnswer) {
      counters.count(.faulted, at: .authorize, grantType: nil)
      fault.change(&parameters)
    }
    return address.redirectURI.adding(parameters)
  }
}
