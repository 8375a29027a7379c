import FoundationEssentials

/// The protected resource that a token is asked for (RFC 8707 section 2). A token without one opens everything here.
struct ResourceIndicator: Hashable, Sendable {
  let text: String

  /// Characters of one; longer ones are nobody's address.
  private static let maximumCharacters = 2_048

  /// Takes an absolute address of http or https without a fragment.
  init?(_ text: String) {
    guard text.utf8.count <= Self.maximumCharacters, let url = URL(string: text),
      ["http", "https"].contains(url.scheme?.lowercased()), !(url.host() ?? "").isEmpty, !text.contains("#")
    else { return nil }
    self.text = text
  }
}

extension Set<ResourceIndicator> {
  /// Resources of one request.
  private static let maximum = 8

  /// Reads the parameter `resource`, which may come more than once.
  init(_ form: FormFields) throws(OAuthError) {
    let texts = form.all("resource")
    let resources = texts.compactMap(ResourceIndicator.init)
    guard resources.count == texts.count, texts.count <= Self.maximum else {
      throw OAuthError(.invalidTarget, "resource must be an absolute address without a fragment.")
    }
    self.init(resources)
  }

  /// What a token request is for: all that was granted, or some of it.
  func granted(within authorized: Set<ResourceIndicator>) throws(OAuthError) -> Set<ResourceIndicator> {
    guard !isEmpty else { return authorized }
    guard authorized.isEmpty || isSubset(of: authorized) else {
      throw OAuthError(.invalidTarget, "The authorization was not for this resource.")
    }
    return self
  }
}
