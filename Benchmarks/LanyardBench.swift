import ArgumentParser

/// The parts of `make bench` that need Lanyard's own code. `scripts/bench` runs them beside their references.
@main
struct LanyardBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lanyard-bench", abstract: "Loads and data for make bench; see docs/benchmarks.md.",
    subcommands: [RulesCommand.self, PostgreSQLCommand.self, SeedCommand.self])
}
