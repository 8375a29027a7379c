import Foundation
import Logging
import Model
import ServiceKit
import ServiceLifecycle

/// Tells the policy service of every tool call, many at a time, and goes on telling until it has them on record.
///
/// A call needs a place here before it is made, so what cannot be recorded is not done. A gateway that stops tells the last calls first;
/// one that is killed loses those of the moment, whose tokens are on record in the vault.
struct CallAudit: Service {
  /// Batches on their way at once: one waits for its commit while the next is made.
  static let workers = 2
  /// How long a worker lets calls come together after a batch, when few wait: each telling is a request, a transaction and a commit on disk,
  /// which a busy gateway must not pay for single calls. A lone call waits for nothing. What a killed gateway loses grows by as much.
  static let gathering = Duration.milliseconds(50)
  /// The pause after a failure: no call is lost meanwhile, and a service restarts in a second or two.
  private static let pause = Duration.milliseconds(250)
  /// Seconds until a call that was turned away is worth trying again.
  private static let retryAfterSeconds = 2

  let queue: CallAuditQueue
  let peers: PeerClients
  let logger: Logger

  init(capacity: Int, peers: PeerClients, logger: Logger) {
    queue = CallAuditQueue(capacity: capacity)
    self.peers = peers
    self.logger = logger
  }

  /// Begins the record of a call.
  ///
  /// - Throws: `unavailable` when there is no place left for one more.
  func begin(_ identity: CallerIdentity, requestId: String) throws -> CallRecord {
    guard queue.reserve(for: identity.caller.organizationId) else {
      throw ServiceError(
        .unavailable, "This call cannot be recorded at the moment, so it was not made. Try again.",
        retryAfter: Self.retryAfterSeconds)
    }
    return CallRecord(identity, requestId: requestId, queue)
  }

  func run() async throws {
    await withTaskCancellationOrGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<Self.workers {
          group.addTask {
            while let batch = await queue.next() {
              await tell(batch)
              if queue.isQuiet(Self.workers) { try? await Task.sleep(for: Self.gathering) }
            }
          }
        }
      }
    } onCancelOrGracefulShutdown: {
      queue.close()
    }
  }

  private func tell(_ batch: CallAuditQueue.Batch) async {
    await record(batch)
    queue.free(batch)
  }

  private func record(_ batch: CallAuditQueue.Batch) async {
    let request = RecordToolCalls(organizationId: batch.organizationId, calls: batch.calls)
    while true {
      do {
        _ = try await peers.call(AuditEndpoints.recordToolCalls, request)
        return
      } catch {
        let code = (error as? ServiceError)?.code ?? .unavailable
        logger.warning(
          "tool calls not recorded yet", metadata: ["calls": "\(batch.calls.count)", "code": "\(code.rawValue)"])
        if code == .payloadTooLarge, batch.calls.count > 1 { return await recordInHalves(batch) }
        // An organization that is gone has no trail; anything else that is refused is a fault of ours. Telling again helps neither.
        let isFinal = [.notFound, .invalidRequest, .payloadTooLarge].contains(code)
        guard !isFinal, !Task.isCancelled else {
          return logger.error("tool calls are not on record", metadata: ["calls": "\(batch.calls.count)"])
        }
        try? await Task.sleep(for: Self.pause)
      }
    }
  }

  /// What is too much to be told at once is told in two parts: no call keeps others from the record.
  private func recordInHalves(_ batch: CallAuditQueue.Batch) async {
    let middle = batch.calls.count / 2
    for calls in [batch.calls[..<middle], batch.calls[middle...]] {
      await record(CallAuditQueue.Batch(organizationId: batch.organizationId, calls: Array(calls)))
    }
  }
}
