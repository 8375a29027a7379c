import FoundationEssentials
import Hummingbird

/// A small mailbox: the proof that a token opens something.
struct MailRoutes: Sendable {
  let access: BearerAccess
  /// Messages arrive before this moment: when the sandbox started.
  let openedAt: Date

  func add(to group: RouterGroup<SandboxContext>) { group.get("api/messages", use: list) }

  @Sendable func list(_ request: Request, _ context: SandboxContext) throws -> Response {
    let facts = try access.person(for: request, scope: .mailRead)
    return try .admin(Mailbox(of: facts.person, openedAt: openedAt))
  }
}

/// One person's messages, newest first; the same ones on every call.
struct Mailbox: Codable, Sendable {
  struct Message: Codable, Sendable {
    var id: String
    var from: String
    var fromName: String
    var to: String
    var subject: String
    var snippet: String
    var receivedAt: Date
    var isRead: Bool
  }

  var messages: [Message]

  init(of person: Person, openedAt: Date) {
    messages = PracticeMail.letters(to: person).enumerated().map { index, letter in
      Message(
        id: "msg_\(person.id)_\(index + 1)", from: letter.from.address, fromName: letter.from.name, to: person.email,
        subject: letter.subject, snippet: letter.snippet,
        receivedAt: openedAt.addingTimeInterval(-Double(letter.minutesBefore) * Self.secondsPerMinute),
        isRead: letter.isRead)
    }
  }

  private static let secondsPerMinute = 60.0
}
