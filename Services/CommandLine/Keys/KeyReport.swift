import VaultKit

/// Shows how the organizations' keys stand.
enum KeyReport {
  /// - Throws: ``CommandFailure`` when one does not open.
  static func write(_ report: RootKeyWork.Report, json: Bool) throws {
    if json { try Output.json(report) } else { write(report) }
    guard report.unreadable.isEmpty else {
      throw CommandFailure(
        exitCode: 1, problems: report.unreadable.map { "the key of \($0) opens under none of the root keys given" })
    }
  }

  static func write(_ report: RootKeyWork.Report) {
    for (root, count) in report.keys.sorted(by: { $0.key < $1.key }) {
      Output.line("ok  \(count) organization keys under \(root)\(root == report.primary ? ", the primary" : "")")
    }
    if report.rewrapped > 0 { Output.line("rewrapped  \(report.rewrapped)") }
  }
}
