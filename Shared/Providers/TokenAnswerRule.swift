public import Model

/// A test of one place in a JSON answer.
public struct AnswerTest: Codable, Hashable, Sendable {
  public var pointer: JSONPointer
  public var equals: JSONValue

  public init(pointer: JSONPointer, equals: JSONValue) {
    self.pointer = pointer
    self.equals = equals
  }

  /// Whether the document has the value at the place.
  public func holds(in document: JSONValue) -> Bool { pointer.evaluate(in: document) == equals }
}

/// Where the parts of a token answer are (RFC 6749 section 5.1, and what providers made of it).
public struct TokenAnswerRule: Codable, Hashable, Sendable {
  /// What the number or text of an expiry means.
  public enum ExpiryKind: String, Codable, Hashable, Sendable {
    /// Seconds from receipt; 0 means that the token does not expire.
    case seconds
    /// An RFC 3339 time.
    case iso
    /// Seconds since 1970.
    case epoch
    /// Milliseconds since 1970.
    case epochMilliseconds
  }

  /// Places of the object with the tokens, tried in turn. The other pointers of this rule start there.
  public var objects: [JSONPointer]
  public var accessToken: JSONPointer
  public var refreshToken: JSONPointer
  public var scope: JSONPointer
  public var expiry: JSONPointer
  public var expiryKind: ExpiryKind
  /// What an answer must say to be a success, for providers that fail with HTTP 200. From the root of the answer.
  public var succeeds: AnswerTest?
  /// Facts to keep with the Connection, such as the API's host. From the root of the answer.
  public var metadata: [String: JSONPointer]

  public init(
    objects: [JSONPointer], accessToken: JSONPointer, refreshToken: JSONPointer, scope: JSONPointer,
    expiry: JSONPointer, expiryKind: ExpiryKind = .seconds, succeeds: AnswerTest? = nil,
    metadata: [String: JSONPointer] = [:]
  ) {
    self.objects = objects
    self.accessToken = accessToken
    self.refreshToken = refreshToken
    self.scope = scope
    self.expiry = expiry
    self.expiryKind = expiryKind
    self.succeeds = succeeds
    self.metadata = metadata
  }

  /// The answer of RFC 6749 section 5.1.
  public static let standard = TokenAnswerRule(
    objects: [.root], accessToken: .member("access_token"), refreshToken: .member("refresh_token"),
    scope: .member("scope"), expiry: .member("expires_in"))
}
