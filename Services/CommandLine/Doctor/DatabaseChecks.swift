import Foundation
import PostgreSQL

/// Checks of a service's database, as its application role sees it.
struct DatabaseChecks {
  let service: MigrateCommand.DatabaseService
  let urlFile: String

  func findings() async -> [Finding] {
    let name = "database \(service.rawValue)"
    do {
      var options = DatabaseOptions()
      options.databaseUrlFile = urlFile
      let directory = service.migrations
      let (problems, pending) = try await options.withClient { client, _ in
        try await client.ping()
        return (
          try await DatabaseGuard().check(using: client).map(\.description),
          try await Migrator.pending(directory: directory, using: client).count
        )
      }
      var findings = problems.map { Finding.problem(name, "\($0). To do: use the roles of the deployment guide.") }
      if pending > 0 {
        findings.append(
          .problem(name, "\(pending) migrations are not applied. To do: lanyard migrate --service \(service.rawValue).")
        )
      }
      return findings.isEmpty ? [.ok(name, "reachable, fenced, up to date")] : findings
    } catch {
      let problems = CommandFailure(error).problems.joined(separator: "; ")
      return [.problem(name, "\(problems) To do: check that the server runs and that the URL is right.")]
    }
  }
}
