import Model

/// Rules in a file: a list of rules, in JSON or YAML, as `POST /v1/rules` takes them. Within it the name says which rule is which.
struct RulesFile {
  let drafts: [RuleDraft]

  /// - Throws: ``CommandFailure`` with every problem, each with a JSON pointer to its place.
  init(path: String) throws {
    let document = try DocumentFile.value(path)
    do {
      drafts = try RuleDraftList(document).drafts
    } catch {
      let told = error.problems.map { "\(path): \($0.pointer.isEmpty ? "the file" : $0.pointer) \($0.message)" }
      throw CommandFailure.configuration(told + (error.omitted > 0 ? ["\(path): and \(error.omitted) more"] : []))
    }
    var seen: Set<String> = []
    let twice = drafts.enumerated().filter { !seen.insert($0.element.name).inserted }
    guard twice.isEmpty else {
      throw CommandFailure.configuration(twice.map { "\(path): /\($0.offset)/name is the name of another rule above" })
    }
  }
}
