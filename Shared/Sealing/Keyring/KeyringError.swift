public import Model

/// Everything that is wrong with a keyring, at once and without key material.
public struct KeyringError: Error, Sendable, Hashable, CustomStringConvertible {
  /// One sentence each, with what to do where that is not obvious.
  public var problems: [String]

  /// Takes every problem found.
  public init(problems: [String]) { self.problems = problems }

  init(_ problem: String) { problems = [problem] }

  public var description: String { problems.joined(separator: "; ") }
}

extension KeyringError: ServiceErrorConvertible {
  public var serviceError: ServiceError {
    ServiceError(.sealed, "The root keys cannot be used. The operator must repair the keyring file.", cause: self)
  }
}
