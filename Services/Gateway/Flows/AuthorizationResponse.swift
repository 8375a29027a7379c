import Hummingbird
import Model

/// Reads the provider's authorization response from the callback's query (RFC 6749 section 4.1.2, RFC 9207).
enum AuthorizationResponse {
  /// Parameters with a meaning of their own.
  private static let known: Set<String> = ["state", "code", "error", "error_description", "error_uri", "iss"]
  /// How many other parameters are passed on, and how long they may be; no provider comes near it.
  private static let maximumOthers = 20
  private static let maximumLength = 4_096

  /// - Throws: `invalid_state` when there is no state, or a parameter comes twice (RFC 6749 section 3.1).
  static func read(_ request: Request, redirectKey: String?, _ browser: BrowserBinding) throws -> AuthorizationCallback
  {
    var values: [String: String] = [:]
    for (name, value) in request.uri.queryParameters {
      let refused = ServiceError(.invalidState, "The provider's answer is malformed. Connect again.")
      guard values[String(name)] == nil, value.utf8.count <= maximumLength else { throw refused }
      values[String(name)] = String(value)
    }
    guard let state = values["state"], !state.isEmpty else {
      throw ServiceError(
        .invalidState, "The provider's answer names no authorization of ours. Start from the application.")
    }
    let others = values.filter { !known.contains($0.key) }.prefix(maximumOthers)
    return AuthorizationCallback(
      state: WireSecret(state), code: values["code"].map { WireSecret($0) }, error: values["error"],
      issuer: values["iss"], browserHash: browser.hash, redirectKey: redirectKey,
      parameters: Dictionary(uniqueKeysWithValues: Array(others)))
  }
}
