import Foundation

/// Where the server's programs are on this machine.
enum PostgresBinaries {
  /// What to install when there are none.
  struct Missing: Error, CustomStringConvertible {
    let description = "no PostgreSQL server programs; install the package postgresql, or set TEST_DATABASE_URL"
  }

  /// The newest folder that holds `initdb`.
  static func folder() throws -> String {
    let manager = FileManager.default
    var candidates: [String] = []
    if let output = try? Command.run("pg_config", ["--bindir"]) {
      candidates.append(output.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    let base = "/usr/lib/postgresql"
    let versions = (try? manager.contentsOfDirectory(atPath: base)) ?? []
    candidates += versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "\(base)/\($0)/bin" }
    candidates += (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    guard let found = candidates.first(where: { manager.isExecutableFile(atPath: "\($0)/initdb") }) else {
      throw Missing()
    }
    return found
  }

  /// The client program, which is also there without a server.
  static func psql() throws -> String {
    if let folder = try? folder(), FileManager.default.isExecutableFile(atPath: "\(folder)/psql") {
      return "\(folder)/psql"
    }
    return "psql"
  }
}
