/// One of the practice people. They have no passwords: choosing one is signing in.
struct Person: Sendable, Hashable {
  let id: String
  let givenName: String
  let familyName: String

  var name: String { "\(givenName) \(familyName)" }
  var email: String { "\(id)@practice.example" }
  var initials: String { "\(givenName.prefix(1))\(familyName.prefix(1))" }

  static let everyone: [Person] = [
    Person(id: "ada", givenName: "Ada", familyName: "Lovelace"),
    Person(id: "grace", givenName: "Grace", familyName: "Hopper"),
    Person(id: "alan", givenName: "Alan", familyName: "Turing"),
  ]

  /// Finds a person by id.
  static func find(_ id: String) -> Person? { everyone.first { $0.id == id } }

  /// Finds the person whom a `login_hint` means: an id or an email address.
  static func hinted(_ hint: String?) -> Person? {
    hint.flatMap { hint in everyone.first { $0.id == hint || $0.email == hint.lowercased() } }
  }

  /// A colour per person, as a hue in degrees, so that they are told apart at a glance.
  var hue: Int { ["ada": 262, "grace": 200, "alan": 150][id] ?? 0 }
}
