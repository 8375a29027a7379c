import Model

/// People let MCP clients act for them, see whom they let, and take it back.
struct ClientAuthorizationService: Sendable {
  let store: ClientAuthorizationStore
  let codes: ClientCodeStore
  let clients: ClientRegistrationService
  let descriptors: DescriptorService
  let mutations: Mutations

  /// What the person should know before they agree.
  ///
  /// - Throws: `forbidden` unless a person signed in to our own pages, `not_found` for a server or client that is not there,
  ///   `invalid_request`.
  func review(_ request: ClientRequest, by principal: Principal) async throws -> ClientRequestReview {
    let user = try Self.person(principal)
    let redirect = try await redirect(of: request)
    let names = try await reach(request.mcpServerId, of: principal)
    guard Self.mayBeRemembered(request, redirect) else {
      return ClientRequestReview(servers: names, isRemembered: false)
    }
    return ClientRequestReview(
      servers: names,
      isRemembered: try await store.isRemembered(request, by: user.id, in: principal.organizationId))
  }

  /// The person agrees: the client gets a code for its tokens.
  ///
  /// - Throws: as ``review(_:by:)``.
  func authorize(_ request: AuthorizeClient, by principal: Principal) async throws -> IssuedClientCode {
    let user = try Self.person(principal)
    try TextRules.check(request.clientName, field: "clientName", maximum: PolicyLimits.nameLength)
    guard Self.isChallenge(request.codeChallenge) else {
      throw ServiceError(.invalidRequest, "codeChallenge must be a SHA-256 in base64url.")
    }
    let redirect = try await redirect(of: request.request)
    let organization = principal.organizationId
    _ = try await reach(request.request.mcpServerId, of: principal)
    let new = ClientAuthorizationStore.New(
      userId: user.id, apiKeyId: principal.apiKeyId, request: request.request, lastingRedirectUri: redirect.lasting,
      clientName: request.clientName, isRemembered: Self.mayBeRemembered(request.request, redirect))
    let code = CredentialToken.make(.clientCode)
    return try await mutations.run(by: principal.origin) { transaction in
      try await store.clearEnded(in: organization, transaction)
      try await codes.clearEnded(in: organization, transaction)
      let (id, isNew) = try await store.upsert(new, in: organization, transaction)
      let expiresAt = try await codes.insert(
        ClientCodeStore.New(
          hash: TokenHash(of: code), authorizationId: id, userId: user.id, redirectUri: redirect.text,
          codeChallenge: request.codeChallenge, family: ClientTokenID.random().rawValue),
        in: organization, transaction)
      let fact = AuditFact(
        action: .clientAuthorized, targetKind: "client-authorization", targetId: id.rawValue,
        details: Self.details(of: request, redirect, isNew: isNew))
      return (IssuedClientCode(code: WireSecret(code), expiresAt: expiresAt), .init([fact]))
    }
  }

  /// The member's own.
  ///
  /// - Throws: `forbidden` for an API key.
  func list(_ page: PageRequest, by principal: Principal) async throws -> Page<ClientAuthorization> {
    let user = try Self.member(principal)
    let limit = try page.checkedLimit()
    let found = try await store.list(
      of: user.id, in: principal.organizationId, after: page.checkedCursor(), limit: limit)
    return Page(found, limit: limit) { PageCursor(time: $0.createdAt, id: $0.id.rawValue) }
  }

  /// Ends an authorization: its tokens stop at once, and the person is asked again the next time.
  ///
  /// - Throws: `forbidden` for an API key and a Charm, `not_found`, also for somebody else's.
  func revoke(_ id: ClientAuthorizationID, by principal: Principal) async throws {
    let user = try Self.member(principal)
    guard principal.caller.charmId == nil else {
      throw ServiceError(.forbidden, "A session that is bound to a Charm cannot revoke what its member authorized.")
    }
    let organization = principal.organizationId
    try await mutations.run(by: principal.origin) { transaction in
      guard try await store.revoke(id, of: user.id, in: organization, transaction) else {
        throw ServiceError(.notFound, "You have not authorized a client under this id.")
      }
      return (
        (),
        .init(
          [AuditFact(action: .clientRevoked, targetKind: "client-authorization", targetId: id.rawValue)],
          notices: [ChangeNotice(kind: .credential, subject: id.rawValue)])
      )
    }
  }

  /// A client is held to what it registered. What a document says was checked by who fetched it.
  private func redirect(of request: ClientRequest) async throws -> ClientRedirectURI {
    guard let redirect = ClientRedirectURI(request.redirectUri) else {
      throw ServiceError(.invalidRequest, "redirectUri must be an https address, or an http one on a loopback host.")
    }
    switch request.kind {
    case .document:
      guard request.clientId.hasPrefix("https://") || request.clientId.hasPrefix("http://"),
        request.clientId.utf8.count <= PolicyLimits.clientAddressBytes
      else { throw ServiceError(.invalidRequest, "clientId must be the address of the client's document.") }
    case .registered:
      guard let id = RegisteredClientID(validating: request.clientId) else {
        throw ServiceError(.invalidRequest, "clientId must be the id of a registered client.")
      }
      let registered = try await clients.show(id).redirectUris.compactMap(ClientRedirectURI.init)
      guard registered.contains(where: redirect.matches) else {
        throw ServiceError(.invalidRequest, "redirectUri is none of those that the client registered.")
      }
    }
    return redirect
  }

  /// The names of the servers that the person may use: the one that is asked for, or all of them.
  ///
  /// - Throws: `not_found`.
  private func reach(_ id: MCPServerID?, of principal: Principal) async throws -> [String] {
    if let id { return [try await descriptors.show(id, by: principal).name] }
    // An organization has no more servers than fit into one page.
    return try await descriptors.list(PageRequest(limit: PageRequest.maximumLimit), by: principal).items.map(\.name)
      .sorted()
  }

  /// Only a client that can show who it is, at an address that nobody else can listen at: a program on the person's machine
  /// could be any (RFC 8252 section 8.6), and a registration could be anybody's.
  private static func mayBeRemembered(_ request: ClientRequest, _ redirect: ClientRedirectURI) -> Bool {
    request.kind == .document && !redirect.isLoopback
  }

  private static func person(_ principal: Principal) throws -> Caller.User {
    guard principal.caller.credential == .consoleSession, let user = principal.caller.user else {
      throw ServiceError(.forbidden, "Only a person who signed in in their browser can authorize a client.")
    }
    return user
  }

  private static func member(_ principal: Principal) throws -> Caller.User {
    guard let user = principal.caller.user else {
      throw ServiceError(.forbidden, "Clients are authorized by members; use a member's session.")
    }
    return user
  }

  /// 32 bytes in base64url without padding (RFC 7636 section 4.2).
  private static func isChallenge(_ text: String) -> Bool {
    text.utf8.count == 43
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      }
  }

  private static func details(
    of request: AuthorizeClient, _ redirect: ClientRedirectURI, isNew: Bool
  ) -> [String: String] {
    var details = ["clientId": request.request.clientId, "redirectUri": redirect.lasting, "isNew": "\(isNew)"]
    details["mcpServerId"] = request.request.mcpServerId?.rawValue
    return details
  }
}
