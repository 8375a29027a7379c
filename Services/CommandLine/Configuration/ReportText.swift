import Model

extension ConfigurationReport {
  /// What is or would be different, a line for each thing.
  func write() {
    let rows =
      created.map { ["+", $0.kind.rawValue, $0.name] }
      + changed.map { ["~", $0.kind.rawValue, $0.name, ($0.fields ?? []).joined(separator: ", ")] }
      + deleted.map { ["-", $0.kind.rawValue, $0.name] }
    Output.table(rows)
    let counts = "\(created.count) new, \(changed.count) changed, \(deleted.count) deleted, \(unchanged.count) the same"
    Output.line(dryRun ? "plan: \(counts)" : "applied: \(counts)")
    if let impact { Output.line("touches \(impact.affected.summary)") }
    for name in missingSecrets ?? [] {
      Output.line("needs the secret \(name): --secret \(name)=@FILE or \(SecretOptions.variable(name))")
    }
    for note in notes ?? [] { Output.line(note) }
  }
}
