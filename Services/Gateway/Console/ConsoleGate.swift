import Hummingbird
import Model
import ServiceKit

/// Who may see a page of the console.
struct ConsoleGate: Sendable {
  let people: PersonReader

  /// Whoever is signed in.
  ///
  /// - Throws: ``SignInRequired``.
  func person(_ request: Request, returningTo path: LocalPath) async throws -> CallerIdentity {
    guard let person = try await people.person(request) else { throw SignInRequired(returningTo: path) }
    return person
  }

  /// An owner or admin. The policy service decides again about everything that they do.
  ///
  /// - Throws: ``SignInRequired``, `forbidden`.
  func administrator(_ request: Request, returningTo path: LocalPath) async throws -> CallerIdentity {
    let person = try await person(request, returningTo: path)
    try person.requireConfiguration()
    return person
  }
}
