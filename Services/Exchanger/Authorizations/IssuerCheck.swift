import Model

/// Holds an authorization response against the server that it was asked of (RFC 9207 section 2.4, RFC 9700 section 4.4).
enum IssuerCheck {
  /// - Parameters:
  ///   - issuer: what the response names.
  ///   - expected: what was recorded before the browser left; compared as it stands, without normalisation.
  ///   - advertised: whether the server promises to name itself; a response without a name is then somebody else's.
  static func accepts(issuer: String?, expected: String?, advertised: Bool) -> Bool {
    switch (issuer, expected) {
    case (let issuer?, let expected?): issuer == expected
    case (nil, _): !advertised
    // A name that we cannot compare, from a server that promised none: its redirect URI of its own tells it apart.
    case (.some, nil): !advertised
    }
  }

  /// Whether the response came to the redirect URI that was sent.
  static func accepts(redirectKey: String?, for redirectUri: String) -> Bool {
    redirectUri.hasSuffix(redirectKey.map { "/oauth/callback/\($0)" } ?? "/oauth/callback")
  }
}
