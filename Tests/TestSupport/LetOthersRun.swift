/// What a test does between two looks at something that happens elsewhere and cannot be awaited.
///
/// A loop of `Task.yield()` gives way to tasks of its own priority only: on two threads, two such loops keep everything else from running.
///
/// - Throws: `CancellationError` when the test's time is over.
public func letOthersRun() async throws { try await Task.sleep(for: .milliseconds(2)) }
