internal import Model

extension Provider {
  /// Checks that the row can be worked with: https, anchored patterns, templates that name known values only, scopes
  /// and rules that agree.
  ///
  /// - Throws: ``ProviderError`` that names the field.
  public func validate() throws {
    guard !id.isEmpty, id.utf8.allSatisfy(Self.isIDByte) else {
      throw ProviderError.invalid(field: "id", reason: "only a-z, 0-9 and hyphens")
    }
    guard !name.isEmpty else { throw ProviderError.invalid(field: "name", reason: "it is empty") }
    try validateVariables()
    try validateURLs()
    try validateRules()
  }

  private func validateVariables() throws {
    for (name, variable) in variables {
      guard Variable.expression(variable.pattern) != nil else {
        throw ProviderError.invalid(field: "variables.\(name)", reason: "the pattern is not anchored, or not valid")
      }
      guard !RequestValues.names.contains(name) else {
        throw ProviderError.invalid(field: "variables.\(name)", reason: "the name is taken")
      }
      if let value = variable.defaultValue, !variable.accepts(value) {
        throw ProviderError.invalid(field: "variables.\(name)", reason: "the default does not match its pattern")
      }
    }
  }

  /// URLs without a variable before the path must be complete https URLs; the others are checked when they are filled.
  private func validateURLs() throws {
    let known = Set(variables.keys)
    let calls: Set<String> = ["accessToken", "refreshToken", "clientId"]
    var fields: [(String, String, Set<String>)] = [
      ("providerUrl", providerUrl, known), ("endpoints.authorization", endpoints.authorization, known),
      ("endpoints.token", endpoints.token, known),
    ]
    fields += alternateUrls.map { ("alternateUrls", $0, []) }
    fields += [("issuer", issuer), ("mcpServerUrl", mcpServerUrl), ("endpoints.refresh", endpoints.refresh)]
      .compactMap { field, url in url.map { (field, $0, known) } }
    fields += [("endpoints.revocation", endpoints.revocation), ("endpoints.userinfo", endpoints.userinfo)]
      .compactMap { field, url in url.map { (field, $0, known.union(calls)) } }
    fields += documentationUrl.map { [("documentationUrl", $0, [])] } ?? []
    for (field, url, allowed) in fields {
      guard let template = Template(url), template.places.isSubset(of: allowed) else {
        throw ProviderError.invalid(field: field, reason: "it names an unknown value")
      }
      if case .literal(let start)? = template.parts.first, !start.hasPrefix("https://") {
        throw ProviderError.endpointRefused(field: field)
      }
      let isDocumentation = field == "documentationUrl"
      if template.places.isDisjoint(with: known), !isDocumentation,
        ProviderURL(template.filled { _ in "x" })?.isHTTPS != true
      {
        throw ProviderError.endpointRefused(field: field)
      }
    }
  }

  private func validateRules() throws {
    guard !scopes.separator.isEmpty, scopes.separator.allSatisfy({ " ,+;".contains($0) }) else {
      throw ProviderError.invalid(field: "scopes.separator", reason: "a blank, comma, plus or semicolon")
    }
    guard (refresh.rotation == .grace) == (refresh.graceSeconds != nil), (refresh.graceSeconds ?? 1) > 0 else {
      throw ProviderError.invalid(field: "refresh.graceSeconds", reason: "it goes with the rotation \"grace\" alone")
    }
    guard (refresh.idleDays ?? 1) > 0 else {
      throw ProviderError.invalid(field: "refresh.idleDays", reason: "a number of days above 0")
    }
    guard (revocation.style == .none) == (endpoints.revocation == nil) else {
      throw ProviderError.invalid(field: "revocation", reason: "style and endpoint do not agree")
    }
    guard (revocation.style == .request) == (revocation.request != nil) else {
      throw ProviderError.invalid(field: "revocation.request", reason: "it goes with the style \"request\" alone")
    }
    guard (account.source == .userinfo) == (endpoints.userinfo != nil) else {
      throw ProviderError.invalid(field: "account", reason: "source and userinfo endpoint do not agree")
    }
    guard account.source == .none || !account.id.isEmpty else {
      throw ProviderError.invalid(field: "account.id", reason: "there is no pointer")
    }
    guard !tokenAnswer.objects.isEmpty else {
      throw ProviderError.invalid(field: "tokenAnswer.objects", reason: "there is no pointer")
    }
    guard ResolvedProvider.fixedParameters.isDisjoint(with: authorization.extraParameters.keys) else {
      throw ProviderError.invalid(field: "authorization.extraParameters", reason: "it names a protocol parameter")
    }
    guard ResolvedProvider.fixedParameters.isDisjoint(with: (authorization.accountChoice ?? [:]).keys) else {
      throw ProviderError.invalid(field: "authorization.accountChoice", reason: "it names a protocol parameter")
    }
    for template in [account.request, revocation.request].compactMap(\.self).flatMap(\.templates) {
      guard let parsed = Template(template.text), parsed.places.isSubset(of: RequestValues.names) else {
        throw ProviderError.invalid(field: template.field, reason: "it names an unknown value")
      }
    }
  }

  private static func isIDByte(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || byte == UInt8(ascii: "-")
  }
}
