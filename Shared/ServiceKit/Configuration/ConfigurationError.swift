/// A configuration that a service will not start with. Carries every problem, so that one restart is enough to see them all.
///
/// A service also throws it from ``ServiceApplication/build(_:_:)`` when what it finds outside forbids a start, for example a database
/// role with too many rights. The problems are for an operator: they name settings and files, never the value of a secret.
public struct ConfigurationError: Error, CustomStringConvertible, Equatable {
  /// One sentence each.
  public let problems: [String]

  public init(problems: [String]) { self.problems = problems }

  /// The problems as a list, one per line.
  public var description: String { problems.map { "- \($0)" }.joined(separator: "\n") }
}
