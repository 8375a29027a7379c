extension Provider {
  /// A part of a provider's URLs that differs by customer, such as a subdomain.
  public struct Variable: Codable, Hashable, Sendable {
    /// Who knows the value.
    public enum Source: String, Codable, Hashable, Sendable {
      /// The owner types it when setting up the Integration.
      case admin
      /// The person who connects types it.
      case user
      /// It arrives with the authorization response.
      case callback
      /// It arrives with the token answer.
      case tokenAnswer
      /// The operator's settings hold it; nobody can set it through an API.
      case configuration
    }

    /// What the owner reads beside the field.
    public var label: String
    /// A regular expression that starts with `^` and ends with `$`. A value must match as a whole.
    public var pattern: String
    public var defaultValue: String?
    public var from: Source
    /// Whether the value is a whole host: then nothing but the egress client's address check stands between it and the
    /// network.
    public var freeHost: Bool

    public init(
      label: String, pattern: String, defaultValue: String? = nil, from: Source = .admin, freeHost: Bool = false
    ) {
      self.label = label
      self.pattern = pattern
      self.defaultValue = defaultValue
      self.from = from
      self.freeHost = freeHost
    }

    /// Longest accepted value in bytes: a full host name (RFC 1035 section 2.3.4).
    public static let maximumLength = 253

    /// Whether a value may be put into a URL. Only printable ASCII passes, whatever the pattern says.
    public func accepts(_ value: String) -> Bool {
      guard !value.isEmpty, value.utf8.count <= Self.maximumLength else { return false }
      guard value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return false }
      guard let expression = Self.expression(pattern) else { return false }
      return value.wholeMatch(of: expression) != nil
    }

    /// The compiled pattern, by Unicode scalars so that a class such as `[a-z]` means exactly that. Nil unless anchored
    /// and valid.
    static func expression(_ pattern: String) -> Regex<AnyRegexOutput>? {
      guard pattern.hasPrefix("^"), pattern.hasSuffix("$") else { return nil }
      return try? Regex(pattern).matchingSemantics(.unicodeScalar)
    }
  }
}
