/// What an application may ask for, with the words that the consent page shows.
enum Scope: String, Codable, CaseIterable, Sendable, Comparable {
  case openid, profile, email
  case offlineAccess = "offline_access"
  case mailRead = "mail.read"
  case mailSend = "mail.send"
  case calendarRead = "calendar.read"
  case filesRead = "files.read"

  var title: String {
    switch self {
    case .openid: "Know who you are"
    case .profile: "See your name and picture"
    case .email: "See your email address"
    case .offlineAccess: "Stay connected"
    case .mailRead: "Read your messages"
    case .mailSend: "Send messages in your name"
    case .calendarRead: "See your calendar"
    case .filesRead: "See your files"
    }
  }

  var detail: String {
    switch self {
    case .openid: "An identifier that stays the same each time you sign in."
    case .profile: "Your display name, first and last name, and avatar."
    case .email: "The address of your practice mailbox."
    case .offlineAccess: "Access is renewed while you are away, until you take it back."
    case .mailRead: "Subjects, senders and the text of every message."
    case .mailSend: "Nothing is really delivered: this is a practice mailbox."
    case .calendarRead: "Titles, times and guests of your events."
    case .filesRead: "Names and contents, without changing anything."
    }
  }

  /// The person cannot untick these: without them the authorization has no meaning.
  var isEssential: Bool { self == .openid || self == .offlineAccess }

  static func < (left: Scope, right: Scope) -> Bool { left.rank < right.rank }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension Set<Scope> {
  /// What a client gets that asks for nothing (RFC 6749 section 3.3 lets the server decide).
  static let standard: Set<Scope> = [.profile]

  /// Reads a space-separated list (RFC 6749 section 3.3). Unknown names are refused.
  init(parsing text: String) throws(OAuthError) {
    var scopes: Set<Scope> = []
    for name in text.split(separator: " ") {
      guard let scope = Scope(rawValue: String(name)) else {
        throw OAuthError(.invalidScope, "A requested scope is not known here.")
      }
      scopes.insert(scope)
    }
    guard !scopes.isEmpty else { throw OAuthError(.invalidScope, "The list of scopes is empty.") }
    self = scopes
  }

  /// The space-separated list, always in the same order.
  var text: String { sorted().map(\.rawValue).joined(separator: " ") }
}
