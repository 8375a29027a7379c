import Deadlines
import Egress
import MCP
import Model
import ServiceKit

/// Tool calls within the organization's limit, each of them on record.
struct MCPRecordedCalls: Sendable {
  /// Calls beyond the limit that are on record, per minute and organization: enough to see that there were some, whatever their number.
  private static let recordedRefusals = 60

  let tools: MCPTools
  let audit: CallAudit
  private let limit: RateLimiter<OrganizationID>
  private let refusals = RateLimiter<OrganizationID>(perMinute: recordedRefusals)

  init(tools: MCPTools, audit: CallAudit, callsPerMinute: Int) {
    self.tools = tools
    self.audit = audit
    limit = RateLimiter(perMinute: callsPerMinute)
  }

  /// - Throws: ``MCPTurnedAway`` for a call that was not made and may be made later.
  func call(_ call: MCPCall) async throws -> MCPAnswer {
    let record = try begin(call)
    record.note(tool: call.message.name ?? "")
    var call = call
    call.record = record
    do {
      switch try await tools.call(call) {
      case .stream(let stream): return .stream(recorded(stream, record))
      case let answer:
        record.end()
        return answer
      }
    } catch {
      record.note(error)
      record.end()
      throw error
    }
  }

  private func begin(_ call: MCPCall) throws -> CallRecord {
    let organization = call.identity.caller.organizationId
    do {
      try limit.take(organization)
    } catch let error as ServiceError {
      if (try? refusals.take(organization)) != nil,
        let record = try? audit.begin(call.identity, requestId: call.requestId)
      {
        record.note(tool: call.message.name ?? "")
        record.note(.refused, because: CallEnd.rateLimited)
        record.end()
      }
      throw MCPTurnedAway(error: error)
    }
    do {
      return try audit.begin(call.identity, requestId: call.requestId)
    } catch let error as ServiceError {
      throw MCPTurnedAway(error: error)
    }
  }

  private func recorded(_ stream: MCPStream, _ record: CallRecord) -> MCPStream {
    MCPStream(form: stream.form) { send in
      defer { record.end() }
      do {
        try await stream.make(send)
      } catch {
        record.note(.failed, because: Task.isCancelled ? CallEnd.cancelled : CallEnd.noAnswer)
        throw error
      }
    }
  }
}

/// A call was not made because there were too many: it may be made again later.
struct MCPTurnedAway: Error {
  let error: ServiceError
}

extension CallRecord {
  /// An error that ended the call.
  func note(_ error: any Error) {
    switch error {
    case let error as RPCError where error.code == .invalidParams && !error.isAboutRequest:
      note(.refused, because: CallEnd.unknownTool)
    case is RPCError: note(.refused, because: CallEnd.invalidRequest)
    case is DeadlineExceeded: note(.failed, because: CallEnd.timeout)
    case is CancellationError: note(.failed, because: CallEnd.cancelled)
    case let error as any ServiceErrorConvertible:
      let code = error.serviceError.code
      note(code.status < 500 ? .refused : .failed, because: code.rawValue)
    default: note(.failed, because: CallEnd.noAnswer)
    }
  }
}
