import Logging
import PostgreSQL
import Synchronization
import TestSupport
import Testing

/// More tests at once only wait for each other.
private let databases = Turnstile(8)

/// A database per test, with a client connected as the application.
func withDatabase<Result: Sendable>(
  _ script: String = "", configure: Adjustment = Adjustment { _ in },
  _ body: @Sendable (PostgresClient, TemporaryDatabase) async throws -> Result
) async throws -> Result {
  await databases.enter()
  defer { databases.leave() }
  let database = try TemporaryPostgres.shared().makeDatabase()
  if !script.isEmpty { try database.script(script) }
  var configuration = database.application
  configure.apply(&configuration)
  return try await withPostgresClient(configuration) { try await body($0, database) }
}

/// What a test changes in the configuration of its client.
struct Adjustment {
  let apply: (inout PostgresConfiguration) -> Void
  init(_ apply: @escaping (inout PostgresConfiguration) -> Void) { self.apply = apply }
}

/// The error of a call that must fail.
func failure(_ body: () async throws -> some Sendable) async -> PostgresError? {
  do {
    _ = try await body()
    Issue.record("expected an error")
    return nil
  } catch let error as PostgresError {
    return error
  } catch {
    Issue.record("unexpected error of type \(type(of: error))")
    return nil
  }
}

/// Waits until a condition on the server holds: some of its states cannot be awaited otherwise.
func eventually(_ condition: () async throws -> Bool) async throws {
  if try await !comesTrue(condition) { Issue.record("the condition did not come true") }
}

/// A value that the tasks of a test share.
final class Shared<Value: Sendable>: Sendable {
  private let mutex: Mutex<Value>
  init(_ value: Value) { mutex = Mutex(value) }

  var value: Value { mutex.withLock { $0 } }
  func update(_ body: (inout Value) -> Void) { mutex.withLock { body(&$0) } }
}

/// Lets a number of tasks in at once.
final class Turnstile: Sendable {
  private let state: Mutex<(free: Int, waiting: [CheckedContinuation<Void, Never>])>
  init(_ count: Int) { state = Mutex((count, [])) }

  func enter() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        guard state.free > 0 else {
          state.waiting.append(continuation)
          return false
        }
        state.free -= 1
        return true
      }
      if isFree { continuation.resume() }
    }
  }

  func leave() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.waiting.isEmpty else {
        state.free += 1
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?.resume()
  }
}
