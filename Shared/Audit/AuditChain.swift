public import Model
import PostgreSQL

/// One hash chain of audit entries.
public enum AuditChain: Hashable, Sendable, CustomStringConvertible {
  case organization(OrganizationID)
  /// What concerns no single organization.
  case system

  /// Its name in the database. An organization's id starts with `org_`, so none can be named like the system chain.
  public var name: String {
    switch self {
    case .organization(let id): id.rawValue
    case .system: "system"
    }
  }

  /// The chain with this name in the database.
  public init(name: String) {
    self = name == Self.system.name ? .system : .organization(OrganizationID(rawValue: name))
  }

  public var description: String { name }

  /// The setting that the tables' row-level security reads, for the given chains.
  static func context(_ names: [String]) -> SessionContext {
    SessionContext(setting: "lanyard.audit_chains", value: joined(names))
  }

  /// The same for adding entries. Rows are found by their keys alone, however many chains there are, and the statement that adds them takes
  /// longer to plan than to carry out.
  static func writing(_ names: [String]) -> SessionContext {
    SessionContext(setting: "lanyard.audit_chains", value: joined(names), keepsPlans: true)
  }

  private static func joined(_ names: [String]) -> String { names.joined(separator: ",") }
}

/// The end of a chain, as its head says.
struct AuditHead: Sendable {
  var chain: AuditChain
  var position: AuditPosition
}

/// A place in a chain: its number and the hash up to and including it.
public struct AuditPosition: Hashable, Sendable {
  /// Counts from 1; 0 is the place before the first entry.
  public var sequence: Int64
  /// 32 bytes.
  public var hash: [UInt8]

  public init(sequence: Int64, hash: [UInt8]) {
    self.sequence = sequence
    self.hash = hash
  }

  /// The place before the first entry.
  public static let beginning = AuditPosition(sequence: 0, hash: [UInt8](repeating: 0, count: 32))
}
