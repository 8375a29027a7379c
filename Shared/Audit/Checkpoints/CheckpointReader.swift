import FoundationEssentials
public import Model
public import ServiceTokens

/// The signed places of a service's chains, read from checkpoint folders.
///
/// Holds about a hundred bytes for each checkpoint; entries are not held by anyone.
public struct CheckpointSet: Sendable {
  /// Something that is not a checkpoint of ours.
  public struct Problem: Hashable, Sendable, CustomStringConvertible {
    public var file: String
    public var line: Int
    public var reason: String

    public var description: String { "\(file), line \(line): \(reason)" }
  }

  /// A place and when it was signed.
  struct Place: Sendable {
    var position: AuditPosition
    var signedAt: Date
  }

  /// What was kept outside the database about one chain.
  struct Record: Sendable {
    /// Ordered by number; two of one number that differ contradict each other, and so one of them contradicts the chain.
    var places: [Place] = []
    var cuts: [AuditPosition] = []

    var positions: [AuditPosition] { places.map(\.position) }

    /// The furthest place that was signed before a time.
    func position(signedBefore time: Date) -> AuditPosition? { places.last { $0.signedAt < time }?.position }
  }

  private(set) var records: [String: Record] = [:]
  /// Lines that are no checkpoint, or not signed by a pinned key.
  public private(set) var problems: [Problem] = []
  /// Checkpoints that were read.
  public private(set) var count = 0

  /// Reads every `*.jsonl` file of the folders.
  ///
  /// - Parameters:
  ///   - service: Checkpoints of other services are passed over.
  ///   - keys: The pinned keys, present and past.
  ///   - chain: The only chain of interest, if it is one.
  /// - Throws: ``CheckpointFileError`` for a folder or file that cannot be read.
  public init(
    folders: [String], service: ServiceName, keys: [ServiceKeySet], chain: AuditChain? = nil
  ) throws {
    for folder in folders {
      guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
        throw CheckpointFileError(description: "\(folder) is not a folder that can be read")
      }
      for name in names.sorted() where name.hasSuffix(".jsonl") {
        try read("\(folder)/\(name)", service, keys, chain)
      }
    }
    for name in records.keys { records[name]?.places.sort { $0.position.sequence < $1.position.sequence } }
  }

  private mutating func read(
    _ path: String, _ service: ServiceName, _ keys: [ServiceKeySet], _ chain: AuditChain?
  ) throws {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) else {
      throw CheckpointFileError(description: "\(path) cannot be read")
    }
    var lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // After the last newline stands nothing, or what a crash left of a line that nobody was told was written.
    lines.removeLast()
    for (index, line) in lines.enumerated() {
      guard let checkpoint = try? WireJSON.decode(Checkpoint.self, from: Data(line)),
        let position = checkpoint.position, let signed = WireTime.date(checkpoint.at)
      else {
        problems.append(Problem(file: path, line: index + 1, reason: "not a checkpoint"))
        continue
      }
      guard checkpoint.service == service, chain.map({ $0.name == checkpoint.chain }) ?? true else { continue }
      guard checkpoint.isSigned(by: keys) else {
        let reason = "no pinned key of the \(service.rawValue) service has signed this (key id \(checkpoint.keyId))"
        problems.append(Problem(file: path, line: index + 1, reason: reason))
        continue
      }
      add(checkpoint, position, signed)
    }
  }

  private mutating func add(_ checkpoint: Checkpoint, _ position: AuditPosition, _ signed: Date) {
    count += 1
    switch checkpoint.kind {
    case .position:
      records[checkpoint.chain, default: Record()].places.append(Place(position: position, signedAt: signed))
    case .cut:
      records[checkpoint.chain, default: Record()].cuts.append(position)
    }
  }
}
