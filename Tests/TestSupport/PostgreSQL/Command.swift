import Foundation

/// A program that runs to its end. Blocks the calling thread.
enum Command {
  struct Failure: Error, CustomStringConvertible {
    var program: String
    var status: Int32
    var output: String
    var description: String { "\(program) ended with \(status): \(output)" }
  }

  /// - Returns: standard output and standard error together.
  @discardableResult
  static func run(_ program: String, _ arguments: [String], input: String = "") throws -> String {
    let standardInput = try PipeEnds()
    let output = try PipeEnds()
    let child = try ChildProcess([program] + arguments, input: standardInput.reading, output: output.writing)
    close(standardInput.reading)
    close(output.writing)
    // Scripts are shorter than a pipe's buffer, so nobody waits for the other one here.
    let writer = FileHandle(fileDescriptor: standardInput.writing, closeOnDealloc: false)
    try? writer.write(contentsOf: Data(input.utf8))
    close(standardInput.writing)
    let text = String(decoding: FileHandle(fileDescriptor: output.reading).readDataToEndOfFile(), as: UTF8.self)
    close(output.reading)
    let status = child.wait()
    guard status == 0 else { throw Failure(program: program, status: status, output: text) }
    return text
  }
}
