import Hummingbird
import Model
import ServiceKit

/// Goes over to another organization: to the session that the browser has there, or to signing in.
struct OrganizationSwitchRoutes: Sendable {
  /// What the form's token is made for.
  static let form = "switch-organization"

  let sessions: BrowserSessions
  let responder: PageResponder

  func add(to router: ServiceRouter) { router.post("/sign-in/organization", use: responder.page(change)) }

  @Sendable private func change(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let (_, fields) = try await responder.forms.read(request, context, for: Self.form)
    guard let organization = fields["organization"].flatMap(OrganizationID.init(validating:)) else {
      throw ServiceError(.invalidRequest, "organization must be an id that starts with org_.")
    }
    var response = responder.redirect(to: .console)
    guard try await sessions.use(organization, request, on: &response) else {
      return responder.redirect(to: .signIn(to: organization))
    }
    return response
  }
}
