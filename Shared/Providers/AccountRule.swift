public import Model

/// How the account behind a token is learned.
public struct AccountRule: Codable, Hashable, Sendable {
  public enum Source: String, Codable, Hashable, Sendable {
    /// By a request to the userinfo endpoint.
    case userinfo
    case tokenResponse
    /// From the claims of the ID token.
    case idToken
    /// From the authorization response.
    case callback
    /// Not at all: the person names the Connection.
    case none
  }

  public var source: Source
  /// The userinfo request; with ``Source/userinfo`` only.
  public var request: RequestTemplate?
  /// Each list is tried in turn. The id is kept as text.
  public var id: [JSONPointer]
  /// Goes before the id, where ids are unique in a workspace only.
  public var tenant: [JSONPointer]
  public var display: [JSONPointer]
  public var name: [JSONPointer]
  public var avatar: [JSONPointer]

  public init(
    source: Source, request: RequestTemplate? = nil, id: [JSONPointer], tenant: [JSONPointer] = [],
    display: [JSONPointer] = [], name: [JSONPointer] = [], avatar: [JSONPointer] = []
  ) {
    self.source = source
    self.request = request
    self.id = id
    self.tenant = tenant
    self.display = display
    self.name = name
    self.avatar = avatar
  }

  public static let none = AccountRule(source: .none, id: [])
}

extension AccountRule {
  /// Longest text taken over from a provider, in characters.
  public static let maximumTextLength = 512

  /// Reads the account out of the document that ``source`` names. Nil when it has no id.
  public func account(in document: JSONValue) -> ProviderAccount? {
    guard let bare = first(id, in: document) else { return nil }
    let whole = first(tenant, in: document).map { "\($0):\(bare)" } ?? bare
    let name = first(name, in: document)
    let picture = first(avatar, in: document)
    return ProviderAccount(
      id: whole, displayIdentifier: first(display, in: document) ?? name ?? bare, displayName: name,
      displayAvatar: picture.flatMap { Self.mayBeShown($0) ? $0 : nil })
  }

  /// A picture that a page may load: from https, or from this machine, as those of the practice provider are.
  private static func mayBeShown(_ picture: String) -> Bool {
    guard let url = ProviderURL(picture) else { return false }
    return url.isHTTPS || ["127.0.0.1", "localhost"].contains(url.host)
  }

  private func first(_ places: [JSONPointer], in document: JSONValue) -> String? {
    for place in places {
      guard let text = place.evaluate(in: document)?.text, !text.isEmpty else { continue }
      return String(text.prefix(Self.maximumTextLength))
    }
    return nil
  }
}
