import Foundation
import HTTPTypes
import Hummingbird
import Model
import Mustache
import NIOCore

/// The sandbox's pages, rendered on the server. They load nothing and run no script.
struct Pages: Sendable {
  private let library: MustacheLibrary

  private enum Template: String, CaseIterable { case account, consent, refusal, head, tail }

  /// Reads the templates, once, at start. Throws ``MissingTemplate`` where the installation lacks one.
  static func load() async throws -> Pages {
    let folder = "\(Bundle.module.bundlePath)/Resources"
    let library = try await MustacheLibrary(directory: folder)
    for template in Template.allCases where library.getTemplate(named: template.rawValue) == nil {
      throw MissingTemplate(name: template.rawValue)
    }
    return Pages(library: library)
  }

  /// Where a person chooses who they are.
  func account(_ journey: Journey, signedIn: Person?) throws -> Response {
    let marked = journey.request.hinted ?? signedIn
    let people = Person.everyone.map { person in
      AccountPage.Row(
        id: person.id, name: person.name, email: person.email, initials: person.initials,
        note: person == journey.request.hinted ? "suggested" : person == signedIn ? "signed in" : nil,
        first: person == (marked ?? Person.everyone.first))
    }
    return try render(
      .account, AccountPage(nonce: nonce(), client: journey.request.client.name, journey: journey.id, people: people),
      // Whoever agreed before goes straight on to the client.
      leavingTo: journey.request.redirectURI)
  }

  /// Where the person says what the application may do.
  func consent(_ journey: Journey, _ person: Person) throws -> Response {
    let request = journey.request
    let rows = request.scopes.sorted().map {
      ConsentPage.Row(name: $0.rawValue, title: $0.title, detail: $0.detail, essential: $0.isEssential)
    }
    return try render(
      .consent,
      ConsentPage(
        nonce: nonce(), client: request.client.name, destination: request.redirectURI.policySource,
        journey: journey.id, name: person.name, email: person.email, initials: person.initials, personID: person.id,
        scopes: rows),
      leavingTo: request.redirectURI)
  }

  /// Where the person learns why it cannot go on.
  func refusal(_ reason: String) throws -> Response {
    try render(.refusal, RefusalPage(nonce: nonce(), reason: reason), leavingTo: nil, status: .badRequest)
  }

  private func nonce() -> String { RandomText.base64URL(bytes: 16) }

  private func render(
    _ template: Template, _ page: some Page, leavingTo destination: RedirectURI?, status: HTTPResponse.Status = .ok
  ) throws -> Response {
    guard let html = library.render(page, withTemplate: template.rawValue) else {
      throw MissingTemplate(name: template.rawValue)
    }
    // A form's answer is a redirect to the client, and browsers hold redirects of forms against form-action.
    let formAction = destination.map { "'self' \($0.policySource)" } ?? "'self'"
    return Response(
      status: status,
      headers: [
        .contentType: "text/html; charset=utf-8",
        .cacheControl: "no-store",
        .contentSecurityPolicy: """
        default-src 'none'; style-src 'nonce-\(page.nonce)'; form-action \(formAction); base-uri 'none'; \
        frame-ancestors 'none'
        """,
      ],
      body: .init(byteBuffer: ByteBuffer(string: html)))
  }
}

/// A template that the installation lacks.
struct MissingTemplate: Error { let name: String }

/// What every page hands to its template. Templates see these plain values and nothing else.
private protocol Page {
  var nonce: String { get }
}

private struct AccountPage: Page {
  struct Row {
    var id: String
    var name: String
    var email: String
    var initials: String
    var note: String?
    var first: Bool
  }

  var title = "Choose an account"
  var nonce: String
  var client: String
  var journey: String
  var people: [Row]
}

private struct ConsentPage: Page {
  struct Row {
    var name: String
    var title: String
    var detail: String
    var essential: Bool
  }

  var title = "Allow access"
  var nonce: String
  var client: String
  var destination: String
  var journey: String
  var name: String
  var email: String
  var initials: String
  var personID: String
  var scopes: [Row]
}

private struct RefusalPage: Page {
  var title = "This cannot go on"
  var nonce: String
  var reason: String
}
