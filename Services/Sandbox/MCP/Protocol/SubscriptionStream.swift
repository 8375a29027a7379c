import MCP
import ServiceLifecycle

/// The stream of one `subscriptions/listen`: acknowledged first, then every change, and an end when the process stops.
struct SubscriptionStream: Sendable {
  let subscription: Subscription
  let filter: SubscriptionFilter
  let changes: ToolCatalogue.Changes

  private enum Wake: Sendable { case change, keepAlive, stop }

  func run(_ sink: inout MCPSink) async throws {
    try await sink.send(subscription.acknowledged(filter))
    let (wakes, waker) = AsyncStream.makeStream(of: Wake.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        await withGracefulShutdownHandler {
          for await _ in changes.stream { waker.yield(.change) }
        } onGracefulShutdown: {
          waker.yield(.stop)
        }
      }
      group.addTask {
        while true {
          try await Task.sleep(for: .seconds(Limits.mcpKeepAliveSeconds))
          waker.yield(.keepAlive)
        }
      }
      try await tell(wakes, &sink)
      group.cancelAll()
    }
  }

  private func tell(_ wakes: AsyncStream<Wake>, _ sink: inout MCPSink) async throws {
    for await wake in wakes {
      switch wake {
      case .change: if filter.toolsListChanged { try await sink.send(subscription.toolsListChanged()) }
      case .keepAlive: try await sink.keepAlive()
      case .stop:
        try await sink.send(subscription.end())
        return
      }
    }
    try Task.checkCancellation()
  }
}
