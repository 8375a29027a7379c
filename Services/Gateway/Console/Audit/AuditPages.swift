import Foundation
import Hummingbird
import Model
import ServiceKit

/// The owner's page of the audit trail: what happened, newest first.
struct AuditPages: Sendable {
  /// Entries that are shown at once.
  private static let shown = 50

  let reading: AuditReading
  let gate: ConsoleGate
  let responder: PageResponder

  func add(to router: ServiceRouter) { router.get("/console/audit", use: responder.page(list)) }

  @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .audit)
    let action = request.uri.queryParameters["action"].map { String($0) }.flatMap { $0.isEmpty ? nil : $0 }
    let page = try await reading.page(
      AuditFilter(action: action), PageRequest(limit: Self.shown, cursor: request.cursor), for: person)
    return responder.html(try responder.pages.audit(AuditPage(page, action)), headers: responder.headers.form)
  }
}

/// A page of the trail.
struct AuditPage: Sendable {
  struct Line: Sendable {
    var action: String
    /// Absent where it is about nothing with an id.
    var what: String?
    var who: String
    var at: String
    var isRefusal: Bool
  }

  var action: String?
  var lines: [Line]
  var hasLines: Bool
  var next: String?

  init(_ page: Page<AuditRecord>, _ action: String?) {
    self.action = action
    lines = page.items.map(Self.line)
    hasLines = !lines.isEmpty
    next = page.nextCursor.map { cursor in
      LocalPath.audit.at(cursor).text
        + (action?.addingPercentEncoding(withAllowedCharacters: .alphanumerics).map { "&action=\($0)" } ?? "")
    }
  }

  private static func line(_ record: AuditRecord) -> Line {
    let target = [record.target?.kind, record.target?.id].compactMap { $0 }
    let person = record.userId == record.actor.id ? nil : record.userId.map { "for \($0)" }
    let who = [record.actor.kind, record.actor.id, person]
    return Line(
      action: ConsoleText.line(record.action),
      what: target.isEmpty ? nil : ConsoleText.line(target.joined(separator: " ")),
      who: ConsoleText.line(who.compactMap { $0 }.joined(separator: " ")), at: ShownTime.text(record.occurredAt),
      isRefusal: record.outcome == "refused")
  }
}
