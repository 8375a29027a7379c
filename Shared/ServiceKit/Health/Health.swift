import Deadlines
import FoundationEssentials
import Synchronization

/// One thing that must work before the service can do its job.
public struct ReadinessCheck: Sendable {
  /// What is checked, as it appears in `/readyz`.
  public let name: String
  let check: @Sendable () async throws -> Void

  /// - Parameters:
  ///   - name: what is checked, for example `database`.
  ///   - check: returns when it works, throws when it does not; has ``Health/checkTimeout``.
  public init(_ name: String, _ check: @escaping @Sendable () async throws -> Void) {
    self.name = name
    self.check = check
  }
}

/// Whether the service should get requests.
public final class Health: Sendable {
  /// How long one check may take. Probes usually wait for five seconds.
  public static let checkTimeout = Duration.seconds(2)

  /// What `/readyz` answers.
  public struct Report: Codable, Sendable, Equatable {
    public enum Status: String, Codable, Sendable { case ready, notReady, draining }
    public var status: Status
    /// `ok` or `failed`, by the name of the check.
    public var checks: [String: String]

    /// The checks as gauges in Prometheus' text format: 1 for what works, 0 for what does not.
    var metrics: String {
      guard !checks.isEmpty else { return "" }
      let samples = checks.sorted { $0.key < $1.key }.map { name, result in
        "lanyard_readiness{check=\"\(name)\"} \(result == Self.ok ? 1 : 0)"
      }
      return (["# TYPE lanyard_readiness gauge"] + samples).joined(separator: "\n") + "\n"
    }

    fileprivate static let ok = "ok"
  }

  private let checks: [ReadinessCheck]
  private let draining = Mutex(false)

  public init(checks: [ReadinessCheck]) { self.checks = checks }

  /// From now on the service is not ready: it finishes what it has and wants nothing new.
  public func beginDraining() { draining.withLock { $0 = true } }

  /// Runs all checks at once.
  public func report() async -> Report {
    let results = await withTaskGroup(of: (String, Bool).self) { group in
      for check in checks {
        group.addTask {
          do {
            try await withDeadline(Self.checkTimeout) { try await check.check() }
            return (check.name, true)
          } catch {
            return (check.name, false)
          }
        }
      }
      return await group.reduce(into: [String: Bool]()) { $0[$1.0] = $1.1 }
    }
    let status: Report.Status =
      if draining.withLock({ $0 }) { .draining } else { results.values.allSatisfy { $0 } ? .ready : .notReady }
    return Report(status: status, checks: results.mapValues { $0 ? Report.ok : "failed" })
  }
}
