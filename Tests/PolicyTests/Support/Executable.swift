import Foundation

/// A built executable beside the test bundle, run as its users run it.
struct Executable {
  let name: String

  /// What a finished run left.
  struct Outcome {
    var code: Int32
    var output: String
    var errors: String
  }

  var url: URL {
    URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent(name)
  }

  /// Runs it to its end. The environment holds nothing but what is given.
  func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Outcome {
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    process.environment = environment
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    let ended = AsyncStream<Void> { continuation in process.terminationHandler = { _ in continuation.finish() } }
    try process.run()
    async let text = Self.read(output)
    async let problems = Self.read(errors)
    for await _ in ended {}
    return Outcome(code: process.terminationStatus, output: await text, errors: await problems)
  }

  /// Starts it and stops it by SIGTERM when `body` is through. `body` gets its standard output, line by line.
  func running<Result>(
    environment: [String: String], _ body: (AsyncStream<String>) async throws -> Result
  ) async throws -> (Result, Int32) {
    let process = Process()
    process.executableURL = url
    process.environment = environment
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.standardError
    let ended = AsyncStream<Void> { continuation in process.terminationHandler = { _ in continuation.finish() } }
    let lines = AsyncStream<String> { continuation in
      output.fileHandleForReading.readabilityHandler = { handle in
        let data = handle.availableData
        if data.isEmpty {
          handle.readabilityHandler = nil
          continuation.finish()
        }
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") { continuation.yield(String(line)) }
      }
    }
    try process.run()
    do {
      let result = try await body(lines)
      process.terminate()
      for await _ in ended {}
      return (result, process.terminationStatus)
    } catch {
      process.terminate()
      for await _ in ended {}
      throw error
    }
  }

  private static func read(_ pipe: Pipe) async -> String {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(returning: String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
      }
    }
  }
}

/// A temporary folder for the length of a test.
func withTemporaryFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lanyard-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder)
}
