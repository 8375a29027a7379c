import Hummingbird

/// A small mailbox: the proof that a token opens something.
struct MailRoutes: Sendable {
  let access: BearerAccess

  func add(to group: RouterGroup<SandboxContext>) { group.get("api/messages", use: list) }

  @Sendable func list(_ request: Request, _ context: SandboxContext) throws -> Response {
    let facts = try access.person(for: request, scope: .mailRead)
    return try .admin(Mailbox(of: facts.person))
  }
}

/// The same three messages on every call, from the other practice people.
struct Mailbox: Codable, Sendable {
  struct Message: Codable, Sendable {
    var id: String
    var from: String
    var to: String
    var subject: String
    var snippet: String
    var receivedAt: String
  }

  var messages: [Message]

  init(of person: Person) {
    let senders = Person.everyone.filter { $0 != person }
    let texts = [
      ("Notes on the engine", "I have marked the two places where the order of operations matters."),
      ("Lunch on Thursday?", "The usual place at noon. Bring the punch cards."),
      ("Found it", "It really was a moth. I taped it into the log book."),
    ]
    messages = texts.enumerated().map { index, text in
      Message(
        id: "msg_\(person.id)_\(index + 1)", from: senders[index % senders.count].email, to: person.email,
        subject: text.0, snippet: text.1, receivedAt: "2026-01-0\(index + 1)T09:00:00.000Z")
    }
  }
}
