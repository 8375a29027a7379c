public import Model

/// Makes the tokens that callers prove themselves with: a prefix that leak scanners find, and 256 random bits.
public enum CredentialToken {
  /// Random bytes in a token.
  public static let randomBytes = 32

  /// The kinds of token.
  public enum Kind: String, Sendable {
    case apiKey = "lyk_"
    case session = "lys_"
    case signInLink = "lyl_"
    case browserSession = "lyb_"
    /// An authorization code.
    case clientCode = "lyc_"
    /// At the MCP endpoint, for an MCP client or an agent runtime.
    case clientAccess = "lym_"
    case clientRefresh = "lyr_"
  }

  /// A new token.
  public static func make(_ kind: Kind) -> Secret<String> {
    Secret(kind.rawValue + RandomText.base64URL(bytes: randomBytes))
  }
}
