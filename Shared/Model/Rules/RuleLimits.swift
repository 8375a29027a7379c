/// Every bound of access rules, in one place. They keep a question cheap and a rule readable.
public enum RuleLimits {
  /// Rules of an organization. Nobody keeps more in mind, and the index needs a bit per rule and distinct entry.
  public static let rules = 1_000
  /// Entries of one list.
  public static let entries = 200
  /// Entries of all lists of an organization: with a bit for each rule, the index stays below 3 MB.
  public static let entriesOfAllRules = 20_000
  /// Bytes of a rule's name: what a page can show.
  public static let nameBytes = 200
  /// Bytes of a group, or of a Charm's or an Application's id; the same that sessions may carry.
  public static let textBytes = 256
  /// Bytes of one scope; Google's are URLs of about a hundred.
  public static let scopeBytes = 512
  /// Bytes of a pattern. Names of tools have 128 at most, paths and addresses in arguments seldom more.
  public static let patternBytes = 256
  /// Bytes of a JSON pointer into arguments.
  public static let pointerBytes = 256
  /// Conditions on arguments in one rule.
  public static let argumentConditions = 20
  /// Bytes of a text that an argument is compared with.
  public static let valueBytes = 4_096
  /// Calls of a rate: a counter beyond it is no protection.
  public static let rateCalls = 1_000_000
  /// Seconds of a rate's window: counters are kept that long, a day at most.
  public static let rateSeconds = 86_400
  /// Problems of one document that are told; a wrong list may have thousands of the same.
  public static let reportedProblems = 100
}
