/// What can be said about one setting without reading it: the material of `--help` and of the configuration reference.
public struct SettingDescription: Sendable, Equatable {
  /// The environment variable, for example `LANYARD_HTTP_PORT`.
  public let name: String
  /// The path in the JSON configuration file, for example `http.port`.
  public let key: String
  /// What a value looks like, for example `integer` or `one of debug, info`.
  public let type: String
  /// The value that holds when nothing is set; nil for a required setting and for one that is simply absent.
  public let defaultText: String?
  /// The unit of a number, for example `seconds`.
  public let unit: String?
  /// Whether a service refuses to start without it.
  public let isRequired: Bool
  /// Whether it is given by `NAME_FILE` preferably, and never shown.
  public let isSecret: Bool
  /// What it does, as a sentence.
  public let summary: String

  /// The part after the name in a help text: type, unit, default.
  public var form: String {
    var parts = [type]
    if let unit { parts.append("in \(unit)") }
    if isRequired { parts.append("required") }
    if let defaultText { parts.append("default \(defaultText)") }
    return parts.joined(separator: ", ")
  }
}

extension Sequence where Element == SettingDescription {
  /// The settings as text for a terminal.
  public var helpText: String {
    map { "  \($0.name)\($0.isSecret ? "[_FILE]" : "")\n      \($0.summary)\n      (\($0.form))" }.joined(
      separator: "\n")
  }

  /// The settings as rows of a Markdown table: name, key, form, summary.
  public var markdownTable: String {
    let rows = map { "| `\($0.name)` | `\($0.key)` | \($0.form) | \($0.summary) |" }
    return (["| variable | key | form | what it does |", "|---|---|---|---|"] + rows).joined(separator: "\n")
  }
}
