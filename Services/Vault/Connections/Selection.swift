import Model

/// Which Connection a call means.
enum Selection: Sendable {
  case nothing
  case one(ConnectionRecord)
  case choose([ConnectionRecord])

  /// The order of the browser API: an earlier choice, else a single one, else the default one, else the person chooses.
  /// With ``ResolveConnection/Prompt/selectAccount`` the person always chooses.
  ///
  /// Candidates of several Integrations of one provider count together. Paused ones are no candidates.
  static func choose(from candidates: [ConnectionRecord], by request: ResolveConnection) -> Selection {
    guard let first = candidates.first else { return .nothing }
    if request.connectionId != nil { return .one(first) }
    if request.prompt == .selectAccount { return .choose(candidates) }
    if let preferred = candidates.first(where: { $0.id == request.preferredConnectionId }) { return .one(preferred) }
    if candidates.count == 1 { return .one(first) }
    let defaults = candidates.filter(\.connection.isDefault)
    // Two Integrations of one provider may each have a default: then neither is meant.
    if defaults.count == 1 { return .one(defaults[0]) }
    return .choose(candidates)
  }
}
