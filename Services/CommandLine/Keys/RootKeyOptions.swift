import ArgumentParser
import Sealing
import VaultKit

/// Where the root keys are that a command works with.
struct RootKeyOptions: ParsableArguments {
  @Option(help: "The keyring file. Give this or --transit-url, whichever the vaults use.")
  var keyring: String?

  @OptionGroup var transit: TransitOptions

  func validate() throws {
    guard (keyring == nil) == transit.isGiven else {
      throw ValidationError("Give either --keyring, or --transit-url and --transit-token-file.")
    }
  }

  /// Runs a command's work with the root keys.
  func withSource<Result: Sendable>(
    _ body: (KeyManagementSource) async throws -> Result
  ) async throws -> Result {
    if let keyring { return try await body(.file(keyring)) }
    return try await Self.using(try .transit(try transit.place()), body)
  }

  /// Runs work with root keys that have to be closed in the end, and tells of a Transit that is away in words of its own.
  static func using<Result: Sendable>(
    _ source: KeyManagementSource, _ body: (KeyManagementSource) async throws -> Result
  ) async throws -> Result {
    do {
      let result = try await body(source)
      await source.close()
      return result
    } catch {
      await source.close()
      guard let error = error as? KeyManagementError, error == .unavailable else { throw error }
      throw CommandFailure.other(
        "Transit does not answer, or does not let this command in: look at --transit-url, the token, and its rights on encrypt and decrypt."
      )
    }
  }
}
