import Model

/// Why nobody is signed in although the identity provider says who it is.
enum SignInRefusal: String, Error, Sendable, CaseIterable {
  case noSubject = "no_subject"
  case otherDomain = "other_domain"
  case groupsElsewhere = "groups_elsewhere"
  case unusableGroups = "unusable_groups"
  case notLinked = "not_linked"
  case linkedAlready = "linked_already"
  case removed
  case notAnew = "not_anew"
  /// The identity provider was replaced or taken away in the meantime, or the sign-in took too long.
  case ended
}

extension SignInRefusal: ServiceErrorConvertible {
  var serviceError: ServiceError { ServiceError(.signInRefused, detail) }

  private var detail: String {
    switch self {
    case .noSubject: "The identity provider does not say who you are."
    case .otherDomain: "Your address is none of those that may sign in here. Ask an owner of the organization."
    case .groupsElsewhere, .unusableGroups:
      "The identity provider names your groups in a way that cannot be used. Ask an owner to have fewer of them sent."
    case .notLinked, .linkedAlready:
      "The identity provider does not say which of the organization's people you are. Ask an owner."
    case .removed: "You were removed from the organization. An owner can let you in again."
    case .notAnew: "The identity provider did not ask you to prove who you are. Try again, or ask an owner."
    case .ended: "This sign-in has ended. Begin again."
    }
  }
}
