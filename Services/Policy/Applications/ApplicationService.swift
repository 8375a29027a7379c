import FoundationEssentials
import Model

/// Applications: seen when they first ask for something, allowed until an owner says otherwise.
struct ApplicationService: Sendable {
  let store: ApplicationStore
  let mutations: Mutations

  func list(_ page: PageRequest, by principal: Principal) async throws -> Page<Application> {
    try await mutations.audit.requireConfiguration(principal, attempt: "application.list")
    let limit = try page.checkedLimit()
    let items = try await store.list(in: principal.organizationId, after: page.checkedCursor(), limit: limit)
    return Page(items, limit: limit) { PageCursor(time: $0.firstSeenAt, id: $0.id) }
  }

  func show(_ id: String, by principal: Principal) async throws -> Application {
    try await mutations.audit.requireConfiguration(principal, attempt: "application.show")
    try TextRules.check(id, field: "id", maximum: PolicyLimits.applicationIdLength)
    guard let application = try await store.find(id, in: principal.organizationId) else { throw Self.notFound }
    return application
  }

  /// Changes what the request names. Without an update in it, everything stays.
  func update(_ target: TargetedApplication, by principal: Principal) async throws -> Application {
    guard let update = target.update else { return try await show(target.id, by: principal) }
    try await mutations.audit.requireConfiguration(principal, attempt: "application.update")
    try TextRules.check(target.id, field: "id", maximum: PolicyLimits.applicationIdLength)
    return try await mutations.run(by: principal.origin) { transaction in
      let organization = principal.organizationId
      guard let application = try await store.set(update, of: target.id, in: organization, transaction)
      else { throw Self.notFound }
      return (
        application,
        .init(
          [
            AuditFact(
              action: .applicationChanged, targetKind: "application", targetId: target.id,
              details: [
                "state": application.state.rawValue, "tokenRelease": application.tokenRelease.rawValue,
              ])
          ], notices: [ChangeNotice(kind: .application, subject: target.id)])
      )
    }
  }

  /// The Application as the organization knows it, written down when it is new or when what is known is out of date.
  func see(
    _ description: ApplicationDescription, for principal: Principal, known: Application?
  ) async throws -> Application {
    if let known, isUpToDate(known, description) { return known }
    return try await mutations.run(by: principal.origin) { transaction in
      let application = try await store.see(description, in: principal.organizationId, transaction)
      let facts = [AuditFact(action: .applicationSeen, targetKind: "application", targetId: description.id)]
      return (application, .init(known == nil ? facts : []))
    }
  }

  /// - Throws: `invalid_request` for a description that cannot be one.
  static func check(_ description: ApplicationDescription) throws {
    try TextRules.check(newPlatformId: description.id, field: "application.id")
    try TextRules.check(description.appId, field: "application.appId", maximum: PolicyLimits.applicationIdLength)
    try TextRules.check(description.name, field: "application.name", maximum: PolicyLimits.nameLength)
  }

  private func isUpToDate(_ known: Application, _ description: ApplicationDescription) -> Bool {
    let appId = description.appId ?? description.id
    let knowsAppId = known.appIds.contains(appId) || known.appIds.count >= PolicyLimits.appIdCount
    let knowsName = description.name == nil || description.name == known.name
    return knowsAppId && knowsName
      && known.lastSeenAt.timeIntervalSinceNow > -Double(PolicyLimits.lastSeenLagSeconds)
  }

  static let notFound = ServiceError(.notFound, "The organization has seen no such Application.")
}
