import Hummingbird
import Model
import ServiceKit

/// The owner's page about the organization's people: their roles, and what happens when somebody leaves.
struct MemberPages: Sendable {
  /// What the forms' token is made for.
  private static let form = "members"

  let peers: PeerClients
  let gate: ConsoleGate
  let forms: ConsoleForms

  func add(to router: ServiceRouter) {
    let page = forms.responder.page
    router.get("/console/members", use: page(list))
    router.post("/console/members/{id}/role", use: page(changeRole))
    router.post("/console/members/{id}/remove", use: page(remove))
  }

  @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .members)
    return try await page(request, for: person)
  }

  @Sendable private func changeRole(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try await change(request, context) { id, fields, person in
      guard let role = fields["role"].flatMap(Role.init) else {
        throw ServiceError(.invalidRequest, "Choose a role.")
      }
      _ = try await peers.call(UserEndpoints.update, person.asking(Targeted(id, UpdateUser(role: role))))
    }
  }

  @Sendable private func remove(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try await change(request, context) { id, fields, person in
      guard fields["sure"] == "true" else {
        throw ServiceError(.invalidRequest, "Say that you are sure: removing somebody cannot be undone.")
      }
      _ = try await peers.call(SessionEndpoints.removeUser, person.asking(Reference(id: id)))
    }
  }

  private func change(
    _ request: Request, _ context: AppRequestContext,
    _ perform: (UserID, FormFields, CallerIdentity) async throws -> Void
  ) async throws -> Response {
    let id = try UserID(of: context)
    let person = try await gate.administrator(request, returningTo: .members)
    return try await forms.submit(request, context, Self.form) {
      try await perform(id, $0, person)
      return .members.at(request.cursor)
    } refused: { _, refusal in
      try await page(request, for: person, refusal)
    }
  }

  private func page(
    _ request: Request, for person: CallerIdentity, _ refusal: ConsoleForms.Refusal? = nil
  ) async throws -> Response {
    let query = ListUsers(status: .active, page: PageRequest(cursor: request.cursor))
    let members = try await peers.call(UserEndpoints.list, person.asking(query))
    return try forms.page(request, Self.form, status: refusal?.status ?? .ok) {
      try forms.responder.pages.members(
        MembersPage(members, at: request.cursor, for: person.caller, problem: refusal?.message, csrfToken: $0))
    }
  }
}
