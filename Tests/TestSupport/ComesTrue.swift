/// Waits for something that happens elsewhere and cannot be awaited, as long as a busy machine may need for it.
///
/// - Returns: Whether it came true.
public func comesTrue(
  within longest: Duration = .seconds(60), _ condition: () async throws -> Bool
) async throws -> Bool {
  let deadline = ContinuousClock.now + longest
  while try await !condition() {
    guard ContinuousClock.now < deadline else { return false }
    try await Task.sleep(for: .milliseconds(10))
  }
  return true
}
