import Model
import Providers

extension ConfigurationPlanning {
  mutating func planIntegrations() throws {
    let stored = Dictionary(grouping: state.ownIntegrations, by: \.name)
    for (name, records) in stored where records.count == 1 { integrations[name] = records[0] }
    guard let entries = request.configuration.integrations else { return }
    var seen: Set<String> = []
    for (index, entry) in entries.enumerated() {
      let place = place("integrations", index)
      let name = place.appending("name")
      guard isFirst(entry.name, in: &seen, at: name),
        let known = single(stored[entry.name], "Integrations", at: name)
      else { continue }
      try attempt(place) { try $0.plan(entry, known, at: place) }
    }
    guard prune else { return }
    plan.integrations.deleted = state.ownIntegrations.filter { !seen.contains($0.name) }
    for record in plan.integrations.deleted { integrations[record.name] = nil }
  }

  private mutating func plan(
    _ entry: ConfigurationDocument.Integration, _ known: IntegrationRecord?, at place: JSONPointer
  ) throws {
    let custom = entry.custom.map { custom in known?.custom.map(custom.completed) ?? custom }
    let draft = try IntegrationDraft(
      CreateIntegration(
        name: entry.name, provider: entry.provider, clientId: entry.clientId,
        // Whether there is to be one is all that matters here.
        clientSecret: entry.clientSecret.map { WireSecret($0.secretRef) }, defaultScopes: entry.defaultScopes,
        maximumScopes: entry.maximumScopes,
        variables: known.map { $0.variables.merging(entry.variables ?? [:]) { $1 } } ?? entry.variables, custom: custom),
      providers: planner.providers)
    var after = known ?? record(draft, entry)
    refuseFixed(entry, draft, known, at: place)
    after.defaultScopes = draft.defaultScopes
    after.maximumScopes = draft.maximumScopes
    after.status = entry.status ?? .enabled
    let isReplaced = try secret(
      entry.clientSecret, of: .integration(after.id), isNew: known == nil, at: place.appending("clientSecret"),
      check: ClientSecretRule.check)
    var fields: [String] = []
    if after.defaultScopes != known?.defaultScopes { fields.append("defaultScopes") }
    if after.maximumScopes != known?.maximumScopes { fields.append("maximumScopes") }
    if after.status != known?.status { fields.append("status") }
    if isReplaced {
      fields.append("clientSecret")
      after.secretExpiresAt = nil
    }
    if !fields.isEmpty { after.updatedAt = now }
    plan.integrations.add(after, before: known, fields: fields)
    integrations[entry.name] = after
  }

  private func record(_ draft: IntegrationDraft, _ entry: ConfigurationDocument.Integration) -> IntegrationRecord {
    let id = ids.integrations[entry.name] ?? .random()
    return IntegrationRecord(
      id: id, organizationId: state.organization, name: draft.name, provider: entry.provider,
      providerUrl: draft.providerUrl, clientId: draft.clientId, defaultScopes: draft.defaultScopes,
      maximumScopes: draft.maximumScopes, variables: draft.variables, custom: draft.custom, status: .enabled,
      redirectUri: RedirectURI.make(
        for: id, provider: entry.provider, custom: draft.custom, publicUrl: planner.publicUrl),
      secretExpiresAt: nil, createdAt: now, updatedAt: now)
  }

  private mutating func refuseFixed(
    _ entry: ConfigurationDocument.Integration, _ draft: IntegrationDraft, _ known: IntegrationRecord?,
    at place: JSONPointer
  ) {
    guard let known else { return }
    let differences = [
      ("provider", entry.provider != known.provider), ("clientId", draft.clientId != known.clientId),
      ("variables", draft.variables != known.variables), ("custom", draft.custom != known.custom),
    ]
    for (field, isDifferent) in differences where isDifferent {
      problems.add(
        place.appending(field),
        "cannot be changed, since tokens are bound to it: make one with another name, or delete this one first")
    }
  }
}

extension CustomProvider {
  /// What is left out stands as it was found.
  func completed(by found: CustomProvider) -> CustomProvider {
    CustomProvider(
      providerUrl: providerUrl, issuer: issuer ?? found.issuer,
      authorizationEndpoint: authorizationEndpoint ?? found.authorizationEndpoint,
      tokenEndpoint: tokenEndpoint ?? found.tokenEndpoint,
      revocationEndpoint: revocationEndpoint ?? found.revocationEndpoint,
      userinfoEndpoint: userinfoEndpoint ?? found.userinfoEndpoint,
      scopeSeparator: scopeSeparator ?? found.scopeSeparator, clientAuth: clientAuth ?? found.clientAuth,
      pkce: pkce ?? found.pkce, extraAuthorizationParams: extraAuthorizationParams ?? found.extraAuthorizationParams,
      identityScopes: identityScopes ?? found.identityScopes, sendsIssuer: sendsIssuer ?? found.sendsIssuer,
      accountIdPath: accountIdPath ?? found.accountIdPath,
      accountDisplayPath: accountDisplayPath ?? found.accountDisplayPath,
      accountNamePath: accountNamePath ?? found.accountNamePath, avatarPath: avatarPath ?? found.avatarPath)
  }
}
