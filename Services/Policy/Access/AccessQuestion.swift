import Model

/// Everything that a decision looks at. Facts only: the deciding code has no clock and no database.
struct AccessQuestion: Sendable {
  /// Who asks.
  struct Subject: Sendable {
    var role: Role
    /// False for an API key, which has no Connections of its own.
    var isPerson: Bool
    /// Whether a Charm acts for the person.
    var isCharm: Bool
    /// Whether an API key's scopes cover administration; true for people.
    var mayAdminister: Bool
    /// Whether an API key's scopes cover configuration; true for people.
    var mayConfigure: Bool
  }

  /// The Application that asks, and what the organization says about it.
  struct AskingApplication: Sendable {
    var id: String
    var state: Application.State
    var tokenRelease = Application.TokenRelease.release
  }

  /// An enabled Integration that the selector names.
  struct Candidate: Sendable {
    var id: IntegrationID
    var name: String
    var maximumScopes: [String]?
    /// Always within the ceiling: they only tell who the account is.
    var identityScopes: [String]

    /// The scopes beyond the ceiling.
    func excess(_ scopes: [String]) -> [String] {
      guard let maximumScopes else { return [] }
      let allowed = Set(maximumScopes).union(identityScopes)
      return scopes.filter { !allowed.contains($0) }
    }
  }

  var subject: Subject
  /// Absent when people manage what is their own, or owners and admins administer.
  var application: AskingApplication?
  var purposes: Set<Grant.Purpose>
  /// Newest first. Nil without a selector.
  var candidates: [Candidate]?
  /// False when an Application acts on a Connection by its id: then the candidates are all that there are, be it none.
  var namesProvider = true
  var scopes: [String]
  /// What the organization's rules say about each candidate; nothing where they are not asked.
  var rules: [IntegrationID: Decision] = [:]
}
