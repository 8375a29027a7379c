import Hummingbird
import Model
import ServiceKit

/// The owner's page that answers why somebody may or may not use something.
struct DecisionPages: Sendable {
  /// What the form's token is made for.
  private static let form = "decisions"

  let peers: PeerClients
  let directories: ConsoleDirectoryReader
  let gate: ConsoleGate
  let forms: ConsoleForms

  func add(to router: ServiceRouter) {
    let page = forms.responder.page
    router.get("/console/decisions", use: page(ask))
    router.post("/console/decisions", use: page(explain))
  }

  @Sendable private func ask(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .decisions)
    return try page(DecisionForm(), request, try await directories.read(for: person))
  }

  /// By POST although it changes nothing: arguments of calls do not belong into an address.
  @Sendable private func explain(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .decisions)
    let fields = try await forms.read(request, context, Self.form)
    let form = DecisionForm(fields)
    let directory = try await directories.read(for: person)
    do {
      let answer = try await peers.call(DecisionEndpoints.explain, person.asking(try form.question(directory)))
      return try page(form, request, directory, answer: answer)
    } catch {
      guard let refusal = ConsoleForms.Refusal(error) else { throw error }
      return try page(form, request, directory, refusal: refusal)
    }
  }

  private func page(
    _ form: DecisionForm, _ request: Request, _ directory: ConsoleDirectory, answer: ExplainedDecision? = nil,
    refusal: ConsoleForms.Refusal? = nil
  ) throws -> Response {
    try forms.page(request, Self.form, status: refusal?.status ?? .ok) {
      try forms.responder.pages.decision(
        DecisionPage(form, directory, answer, problem: refusal?.message, csrfToken: $0))
    }
  }
}

/// The question and, once it was asked, the answer.
struct DecisionPage: Sendable {
  struct Choice: Sendable {
    var value: String
    var name: String
    var isChosen: Bool
  }

  struct Answer: Sendable {
    var effect: String
    var isAllowed: Bool
    var decidingRule: String
    /// The page of the deciding rule; absent for what no rule decided.
    var ruleAddress: String?
    var reasons: [String]
    var changes: [String]
    var hasChanges: Bool
  }

  var member: String
  var isAlone: Bool
  var isCharm: Bool
  var isApplication: Bool
  var actor: String
  var servers: [Choice]
  var integrations: [Choice]
  var tool: String
  var scopes: String
  var arguments: String
  var answer: Answer?
  /// Why the form was not taken.
  var problem: String?
  var csrfToken: String

  init(
    _ form: DecisionForm, _ directory: ConsoleDirectory, _ explained: ExplainedDecision?, problem: String?,
    csrfToken: String
  ) {
    member = form.member
    isAlone = form.acting == .alone
    isCharm = form.acting == .charm
    isApplication = form.acting == .application
    actor = form.actor
    servers = directory.servers.map {
      Choice(value: $0.id.rawValue, name: ConsoleText.line($0.name), isChosen: $0.id.rawValue == form.resource)
    }
    integrations = directory.integrations.map {
      Choice(value: $0.id.rawValue, name: ConsoleText.line($0.name), isChosen: $0.id.rawValue == form.resource)
    }
    tool = form.tool
    scopes = form.scopes
    arguments = form.arguments
    answer = explained.map(Self.answer)
    self.problem = problem
    self.csrfToken = csrfToken
  }

  private static func answer(_ explained: ExplainedDecision) -> Answer {
    func sentence(_ text: String) -> String { DisplayText.line(text, maximum: ConsoleText.sentenceLength) }
    return Answer(
      effect: explained.effect == .allow ? "Allowed" : "Refused", isAllowed: explained.effect == .allow,
      decidingRule: explained.decidingRule,
      ruleAddress: RuleID(validating: explained.decidingRule).map { LocalPath.rule($0).text },
      reasons: explained.reasons.map(sentence), changes: explained.wouldChange.map(sentence),
      hasChanges: !explained.wouldChange.isEmpty)
  }
}
