import ArgumentParser
import Audit
import Model
import PostgreSQL
import Sealing
import ServiceKit
import ServiceTokens

/// Why a command stopped, for the terminal, with its exit code.
struct CommandFailure: Error {
  let exitCode: Int32
  /// One sentence each.
  let problems: [String]

  /// Something about the configuration or its files (`EX_CONFIG`).
  static func configuration(_ problems: [String]) -> CommandFailure {
    CommandFailure(exitCode: ServiceMain.ExitCode.configuration, problems: problems)
  }

  /// Anything else.
  static func other(_ problem: String) -> CommandFailure { CommandFailure(exitCode: 1, problems: [problem]) }

  /// The failure behind an error of our libraries. Their texts hold no secrets; of an unknown error only the type is
  /// shown.
  init(_ error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure
    case let error as PrivateFileError: self = .configuration(error.problems)
    case let error as KeyringError: self = .configuration(error.problems)
    case let error as ConfigurationError: self = .configuration(error.problems)
    case let error as ServiceKeyProblem: self = .configuration([error.description])
    case let error as CheckpointFileError: self = .configuration([error.description])
    case let error as PostgresConfigurationError: self = .configuration(error.problems)
    case let error as MigrationError: self = .other(error.description)
    case let error as PostgresError: self = .other("The database refused: \(error)")
    case let error as any ServiceErrorConvertible: self = .other(error.serviceError.detail)
    default: self = .other("Unexpected error of type \(type(of: error)).")
    }
  }

  init(exitCode: Int32, problems: [String]) {
    self.exitCode = exitCode
    self.problems = problems
  }
}

/// Runs a command's work; a failure goes to standard error and becomes the exit code.
func reportingFailures(_ work: () async throws -> Void) async throws {
  do {
    try await work()
  } catch let exit as ExitCode {
    throw exit
  } catch {
    let failure = CommandFailure(error)
    for problem in failure.problems { StandardStream.error.write("lanyard: \(problem)\n") }
    throw ExitCode(failure.exitCode)
  }
}
