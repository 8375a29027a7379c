/// What the practice people write to each other: enough of it that a mail application has something to show.
enum PracticeMail {
  /// Somebody who writes but has no account here, or has one.
  struct Sender: Sendable {
    var name: String
    var address: String

    init(_ name: String, _ box: String) {
      self.name = name
      address = "\(box)@practice.example"
    }
  }

  struct Letter: Sendable {
    var from: Sender
    var subject: String
    var snippet: String
    /// Minutes between its arrival and the start of the sandbox.
    var minutesBefore: Int
    var isRead: Bool

    init(_ minutesBefore: Int, _ from: Sender, _ subject: String, _ snippet: String, isRead: Bool = true) {
      self.minutesBefore = minutesBefore
      self.from = from
      self.subject = subject
      self.snippet = snippet
      self.isRead = isRead
    }
  }

  /// A person's letters, newest first.
  static func letters(to person: Person) -> [Letter] { boxes[person.id] ?? [] }

  private static let ada = Sender("Ada Lovelace", "ada")
  private static let grace = Sender("Grace Hopper", "grace")
  private static let alan = Sender("Alan Turing", "alan")
  private static let charles = Sender("Charles Babbage", "charles")
  private static let mary = Sender("Mary Somerville", "mary")
  private static let howard = Sender("Howard Aiken", "howard")
  private static let joan = Sender("Joan Clarke", "joan")
  private static let library = Sender("Practice Library", "library")

  /// Minutes of an hour and of a day, to write arrivals down as people would say them.
  private static let hour = 60
  private static let day = 24 * 60

  private static let boxes: [String: [Letter]] = [
    "ada": [
      Letter(
        4, charles, "Drawings for the mill", "The carriage is redrawn. Tell me whether the columns carry now.",
        isRead: false),
      Letter(
        52, grace, "Notes on the engine", "I have marked the two places where the order of operations matters.",
        isRead: false),
      Letter(
        3 * hour, alan, "Lunch on Thursday?", "The usual place at noon. Bring the punch cards.", isRead: false),
      Letter(9 * hour, mary, "Re: Note G", "It reads well. The table of Bernoulli numbers needs one more column."),
      Letter(day + 2 * hour, library, "Your loan ends on Friday", "Sketch of the Analytical Engine, one volume."),
      Letter(2 * day, grace, "Found it", "It really was a moth. I taped it into the log book."),
      Letter(5 * day, charles, "Thank you", "For the translation, and even more for the notes that outgrew it."),
    ],
    "grace": [
      Letter(
        11, howard, "Relay 70, panel F", "It fails about once an hour. Could you listen to it before the night run?",
        isRead: false),
      Letter(
        2 * hour, ada, "Order of operations", "Both places are corrected. The second one was the harder of the two.",
        isRead: false),
      Letter(7 * hour, alan, "A question about compilers", "Who checks the program that writes the programs?"),
      Letter(day, library, "A book waits for you", "A Manual of Operation, second printing, at the front desk."),
      Letter(3 * day, howard, "Re: Nanoseconds", "Please do bring the wires. The admirals liked holding them."),
      Letter(6 * day, ada, "Well found", "A moth! I had always suspected the weather."),
    ],
    "alan": [
      Letter(
        26, joan, "Hut 8 rota", "I took your Sunday. You owe me one, and a game of chess.", isRead: false),
      Letter(5 * hour, grace, "Re: A question about compilers", "Another program, and then the people who read it."),
      Letter(day + 4 * hour, ada, "Thursday, noon", "I will be there, with the cards in order this time."),
      Letter(2 * day, library, "On loan to you", "Intelligence and its machinery: due back in two weeks."),
      Letter(4 * day, joan, "Your bicycle", "The chain comes off every fourteenth turn. I counted."),
    ],
  ]
}
