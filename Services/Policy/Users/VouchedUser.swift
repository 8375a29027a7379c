import Model

extension TextRules {
  /// Everything that the host platform says about a person.
  static func check(_ user: CreateSession.User) throws {
    try check(externalId: user.id)
    try check(user.email, field: "user.email", maximum: PolicyLimits.emailLength)
    try check(user.name, field: "user.name", maximum: PolicyLimits.nameLength)
    let groups = user.groups ?? []
    guard groups.count <= PolicyLimits.groupCount else {
      throw ServiceError(.invalidRequest, "user.groups must have at most \(PolicyLimits.groupCount) entries.")
    }
    for group in groups { try check(group, field: "user.groups", maximum: PolicyLimits.nameLength) }
  }

  /// The host platform's id of a person, which is none of those that we make for people who came another way.
  static func check(externalId: String) throws {
    try check(externalId, field: "user.id", maximum: PolicyLimits.externalIdLength)
    guard !externalId.hasPrefix(IdentityStore.externalIdPrefix) else {
      throw ServiceError(.invalidRequest, "user.id must not begin with \(IdentityStore.externalIdPrefix)")
    }
  }
}

extension UserStore.Vouched {
  /// What the host platform's word leaves behind.
  var trace: Mutations.Trace {
    var facts: [AuditFact] = []
    if isNew { facts.append(AuditFact(action: .userCreated, targetKind: "user", targetId: userId.rawValue)) }
    if changesRights { facts.append(AuditFact(action: .userChanged, targetKind: "user", targetId: userId.rawValue)) }
    return .init(facts, notices: changesRights ? [ChangeNotice(kind: .user, subject: userId.rawValue)] : [])
  }
}
