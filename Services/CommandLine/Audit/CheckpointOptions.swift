import ArgumentParser
import Audit
import Model
import ServiceTokens

/// Where signed checkpoints are, and whose keys have signed them.
struct CheckpointOptions: ParsableArguments {
  @Option(
    name: .customLong("checkpoints"),
    help: "A folder into which the service's replicas wrote checkpoints. May be repeated.")
  var folders: [String] = []

  @Option(
    name: .customLong("service-keys"),
    help: "The pinned public keys (service-keys.json). Repeat it for sets of the past, while their checkpoints count.")
  var keySets: [String] = []

  /// Reads the checkpoints of a service.
  /// - Parameter chain: the only one of interest, if it is one.
  func read(_ service: ServiceName, _ chain: AuditChain?) throws -> CheckpointSet {
    try CheckpointSet(
      folders: folders, service: service, keys: keySets.map { try ServiceKeySet(contentsOf: $0) }, chain: chain)
  }
}
