import Model

/// A configuration in a file: the document that `lanyard export` writes, or the same in YAML.
struct ConfigurationFile {
  let document: ConfigurationDocument

  /// - Throws: ``CommandFailure`` with every problem, each with a JSON pointer to its place.
  init(path: String) throws {
    let value = try DocumentFile.value(path)
    do {
      document = try ConfigurationDocument(value)
    } catch {
      let told = error.problems.map { "\(path): \($0.pointer.isEmpty ? "the file" : $0.pointer) \($0.message)" }
      throw CommandFailure.configuration(told + (error.omitted > 0 ? ["\(path): and \(error.omitted) more"] : []))
    }
  }

  /// Names of the secrets that it refers to.
  var secretNames: Set<String> {
    let clients = (document.integrations ?? []).compactMap { $0.clientSecret?.secretRef }
    return Set(clients + (document.mcpServers ?? []).compactMap { $0.auth.token?.secretRef })
  }
}
