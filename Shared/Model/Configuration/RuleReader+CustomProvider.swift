extension RuleReader {
  /// A text that is not too long; what else it must be, the service says.
  mutating func plain(_ field: Field, mayBeEmpty: Bool = false) -> String? {
    if mayBeEmpty, field.value == .string("") { return "" }
    return text(field, maximumBytes: ConfigurationLimits.textBytes, isShown: false)
  }

  /// A list of texts, which may be empty.
  mutating func texts(_ field: Field) -> [String]? {
    guard case .array = field.value else {
      report(field.place, "must be a list")
      return nil
    }
    return array(field, maximum: ConfigurationLimits.texts).compactMap { plain($0) }
  }

  mutating func textMap(_ field: Field) -> [String: String]? {
    guard case .object(let members) = field.value else {
      report(field.place, "must be an object")
      return nil
    }
    var map: [String: String] = [:]
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      map[name] = plain(Field(value: value, place: field.place.appending(name)), mayBeEmpty: true)
    }
    return map
  }

  mutating func flag(_ field: Field) -> Bool? {
    guard case .bool(let value) = field.value else {
      report(field.place, "must be true or false")
      return nil
    }
    return value
  }

  private mutating func clientAuthentication(_ field: Field) -> ClientAuthentication? {
    if case .string(let name) = field.value, let method = ClientAuthentication(anyName: name) { return method }
    return choice(field, of: ClientAuthentication.self)
  }

  private mutating func pkce(_ field: Field) -> PKCESupport? {
    if case .bool(let isOn) = field.value { return PKCESupport(isOn: isOn) }
    return choice(field, of: PKCESupport.self)
  }

  private mutating func pointer(_ field: Field) -> JSONPointer? {
    guard case .string(let text) = field.value, let pointer = JSONPointer.placeOrMember(text) else {
      report(field.place, "must be a JSON pointer (RFC 6901)")
      return nil
    }
    return pointer
  }

  mutating func customProvider(_ field: Field) -> CustomProvider? {
    let known = [
      "providerUrl", "issuer", "authorizationEndpoint", "tokenEndpoint", "revocationEndpoint", "userinfoEndpoint",
      "scopeSeparator", "clientAuth", "pkce", "extraAuthorizationParams", "identityScopes", "sendsIssuer",
      "accountIdPath", "accountDisplayPath", "accountNamePath", "avatarPath",
    ]
    guard let object = object(field, known: known) else { return nil }
    let issuer = optional("issuer", of: object) { $0.plain($1) }
    let providerUrl =
      object.members["providerUrl"] == nil && issuer != nil
      ? issuer : required("providerUrl", of: object) { $0.plain($1) }
    let custom = CustomProvider(
      providerUrl: providerUrl ?? "", issuer: issuer,
      authorizationEndpoint: optional("authorizationEndpoint", of: object) { $0.plain($1) },
      tokenEndpoint: optional("tokenEndpoint", of: object) { $0.plain($1) },
      revocationEndpoint: optional("revocationEndpoint", of: object) { $0.plain($1) },
      userinfoEndpoint: optional("userinfoEndpoint", of: object) { $0.plain($1) },
      scopeSeparator: optional("scopeSeparator", of: object) { $0.plain($1) },
      clientAuth: optional("clientAuth", of: object) { $0.clientAuthentication($1) },
      pkce: optional("pkce", of: object) { $0.pkce($1) },
      extraAuthorizationParams: optional("extraAuthorizationParams", of: object) { $0.textMap($1) },
      identityScopes: optional("identityScopes", of: object) { $0.texts($1) },
      sendsIssuer: optional("sendsIssuer", of: object) { $0.flag($1) },
      accountIdPath: optional("accountIdPath", of: object) { $0.pointer($1) },
      accountDisplayPath: optional("accountDisplayPath", of: object) { $0.pointer($1) },
      accountNamePath: optional("accountNamePath", of: object) { $0.pointer($1) },
      avatarPath: optional("avatarPath", of: object) { $0.pointer($1) })
    return providerUrl == nil ? nil : custom
  }
}
