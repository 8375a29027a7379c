import ArgumentParser

/// `lanyard rules`
struct RulesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "Look after an organization's access rules.",
    subcommands: [
      RulesListCommand.self, RulesCheckCommand.self, RulesPreviewCommand.self, RulesApplyCommand.self,
      RulesExplainCommand.self,
    ])
}
