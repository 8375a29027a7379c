import Egress
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import Synchronization

/// A resolver double with prepared answers: for each name the next one of its list, the last one for ever.
final class ScriptedResolver: EgressResolver {
  private let answers: Mutex<[String: [[String]]]>
  private let count = Mutex(0)

  init(_ answers: [String: [[String]]]) { self.answers = Mutex(answers) }

  /// How often it was asked.
  var calls: Int { count.withLock { $0 } }

  func addresses(of host: String) async throws -> [IPAddress] {
    count.withLock { $0 += 1 }
    return answers.withLock { answers in
      guard let list = answers[host], let first = list.first else { return [] }
      if list.count > 1 { answers[host] = Array(list.dropFirst()) }
      return first.compactMap(IPAddress.init)
    }
  }
}

/// A resolver double under which every name is this machine.
struct LoopbackResolver: EgressResolver {
  func addresses(of host: String) async throws -> [IPAddress] { [.v4(0x7F00_0001)] }
}

/// A log handler double that keeps every line.
struct KeepingLogHandler: LogHandler {
  final class Lines: Sendable { let all = Mutex<[String]>([]) }
  let lines: Lines
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    lines.all.withLock { $0.append("\(event.message) \(event.metadata ?? [:]) \(metadata)") }
  }
}

let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

/// A policy that allows these `host:port` entries.
func allowing(_ entries: String...) throws -> EgressPolicy {
  EgressPolicy(allowed: try EgressPolicy.destinations(entries.joined(separator: ",")))
}

/// Runs a test with a client and shuts it down afterwards.
func withClient<Value>(
  _ policy: EgressPolicy, limits: EgressLimits = EgressLimits(), authorities: [String: String] = [:],
  resolver: (any EgressResolver)? = nil, logger: Logger = quiet, _ body: (EgressClient) async throws -> Value
) async throws -> Value {
  let client = try EgressClient(
    policy: policy, limits: limits, authorities: authorities, resolver: resolver, logger: logger)
  do {
    let value = try await body(client)
    await client.shutdown()
    return value
  } catch {
    await client.shutdown()
    throw error
  }
}

/// What a request fails with; nil where it succeeds.
func failure(_ client: EgressClient, _ request: EgressRequest) async -> EgressError? {
  do {
    _ = try await client.send(request)
    return nil
  } catch {
    return error
  }
}

/// Times that let a test end soon, and a busy machine still answer.
func limits(firstByte: Duration = .seconds(10), total: Duration = .seconds(20)) -> EgressLimits {
  var limits = EgressLimits()
  limits.firstByte = firstByte
  limits.total = total
  return limits
}

/// Runs a Hummingbird application on a free port of 127.0.0.1 for the time of a test.
func withApplication<Value: Sendable>(
  _ router: Router<BasicRequestContext>, server: HTTPServerBuilder = .http1(),
  _ body: @escaping @Sendable (Int) async throws -> Value
) async throws -> Value {
  let (ports, port) = AsyncStream<Int>.makeStream()
  let application = Application(
    router: router, server: server, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
    onServerRunning: { channel in
      port.yield(channel.localAddress?.port ?? 0)
      port.finish()
    }, logger: quiet)
  return try await withThrowingTaskGroup(of: Value?.self) { group in
    group.addTask {
      try await application.run()
      return nil
    }
    group.addTask {
      for await number in ports { return try await body(number) }
      return nil
    }
    defer { group.cancelAll() }
    while let value = try await group.next() {
      if let value { return value }
    }
    throw CancellationError()
  }
}
