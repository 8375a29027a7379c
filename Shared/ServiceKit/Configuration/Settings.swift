import Configuration
import FoundationEssentials
public import Model

/// Reads a service's settings, describes them, and collects every problem instead of stopping at the first.
///
/// A wrong value is a problem and never the default. While problems are collected, accessors return a stand-in of their type; nobody gets
/// to use it, since ``finish()`` throws before anything is built from the configuration.
public final class Settings {
  /// Every setting that was declared so far, in the order of declaration.
  public private(set) var descriptions: [SettingDescription] = []
  private var problems: [String]
  private let sources: SettingsSources

  public init(_ sources: SettingsSources) {
    self.sources = sources
    problems = sources.problems
    declare(
      "config.file", type: "path", defaultText: nil,
      summary: "A JSON file with settings; the environment goes before it.")
  }

  /// Adds a problem of the service's own, for example two settings that exclude each other.
  public func problem(_ text: String) { problems.append(text) }

  /// The environment variable of a key: `http.idleSeconds` is `LANYARD_HTTP_IDLE_SECONDS`.
  public static func variable(for key: String) -> String {
    var name = SettingsSources.prefix
    var previous: Character = "."
    for character in key {
      if character == "." {
        name.append("_")
      } else {
        if character.isUppercase, previous.isLowercase { name.append("_") }
        name.append(contentsOf: character.uppercased())
      }
      previous = character
    }
    return name
  }

  /// Closes the reading.
  ///
  /// - Throws: ``ConfigurationError`` with all problems, which include names that no setting has.
  public func finish() throws {
    let known = descriptions.flatMap { $0.isSecret ? [$0.name, "\($0.name)_FILE"] : [$0.name] }
    let keys = descriptions.flatMap { $0.isSecret ? [$0.key, "\($0.key)File"] : [$0.key] }
    let strangers =
      sources.variables.subtracting(known).sorted().map { ($0, NearestName.suggestion(for: $0, among: known)) }
      + sources.fileKeys.subtracting(keys).sorted().map { ($0, NearestName.suggestion(for: $0, among: keys)) }
    let unknown = strangers.map { name, suggestion in
      "\(name) is not a setting of this service" + (suggestion.map { "; did you mean \($0)?" } ?? "")
    }
    let all = problems + unknown
    guard all.isEmpty else { throw ConfigurationError(problems: all) }
  }

  // MARK: Text

  /// A text with a default.
  public func string(_ key: String, default value: String, _ summary: String) -> String {
    declare(key, type: "text", defaultText: value, summary: summary)
    return text(key) ?? value
  }

  /// A text that may be absent.
  public func optionalString(_ key: String, type: String = "text", _ summary: String) -> String? {
    declare(key, type: type, defaultText: nil, summary: summary)
    return text(key)
  }

  /// A text that must be there.
  public func requiredString(_ key: String, type: String = "text", _ summary: String) -> String {
    declare(key, type: type, defaultText: nil, isRequired: true, summary: summary)
    return text(key) ?? missing(key, "")
  }

  /// Several texts, separated by commas in the environment and an array in the file. Empty entries are dropped.
  public func list(_ key: String, default value: [String] = [], _ summary: String) -> [String] {
    declare(
      key, type: "comma-separated list", defaultText: value.isEmpty ? "empty" : value.joined(separator: ","),
      summary: summary)
    return texts(key) ?? value
  }

  /// One of the cases of an enumeration.
  public func choice<Value: CaseIterable & RawRepresentable<String>>(
    _ key: String, default value: Value, _ summary: String
  ) -> Value {
    let names = Value.allCases.map(\.rawValue)
    declare(
      key, type: "one of \(names.joined(separator: ", "))", defaultText: value.rawValue, summary: summary)
    guard let text = text(key) else { return value }
    if let chosen = Value(rawValue: text) { return chosen }
    problem("\(Self.variable(for: key)) must be one of \(names.joined(separator: ", "))")
    return value
  }

  // MARK: Numbers and switches

  /// A whole number within bounds.
  public func int(
    _ key: String, default value: Int, in range: ClosedRange<Int>, unit: String? = nil, _ summary: String
  ) -> Int {
    declare(
      key, type: "integer from \(range.lowerBound) to \(range.upperBound)", defaultText: String(value), unit: unit,
      summary: summary)
    guard case .int(let number)? = content(key, .int, "a whole number") else { return value }
    if range.contains(number) { return number }
    problem("\(Self.variable(for: key)) must be from \(range.lowerBound) to \(range.upperBound)")
    return value
  }

  /// A whole number of seconds within bounds.
  public func seconds(_ key: String, default value: Int, in range: ClosedRange<Int>, _ summary: String) -> Duration {
    .seconds(int(key, default: value, in: range, unit: "seconds", summary))
  }

  /// A switch: `true`, `false`, `yes`, `no`, `1` or `0`.
  public func bool(_ key: String, default value: Bool, _ summary: String) -> Bool {
    declare(key, type: "true or false", defaultText: String(value), summary: summary)
    guard case .bool(let flag)? = content(key, .bool, "true or false") else { return value }
    return flag
  }

  // MARK: Secrets

  /// A secret that may be absent: by `NAME_FILE` (a path; a trailing newline is cut) or, where nothing better is possible, by `NAME`.
  public func optionalSecret(_ key: String, _ summary: String) -> Secret<String>? {
    declare(key, type: "text", defaultText: nil, isSecret: true, summary: summary)
    return secretText(key)
  }

  /// A secret that must be there.
  public func requiredSecret(_ key: String, _ summary: String) -> Secret<String> {
    declare(key, type: "text", defaultText: nil, isRequired: true, isSecret: true, summary: summary)
    return secretText(key) ?? missing(key, Secret(""))
  }

  // MARK: Inside

  private func declare(
    _ key: String, type: String, defaultText: String?, unit: String? = nil, isRequired: Bool = false,
    isSecret: Bool = false, summary: String
  ) {
    precondition(!descriptions.contains { $0.key == key }, "the setting \(key) is declared twice")
    descriptions.append(
      SettingDescription(
        name: Self.variable(for: key), key: key, type: type, defaultText: defaultText, unit: unit,
        isRequired: isRequired, isSecret: isSecret, summary: summary))
  }

  private func content(_ key: String, _ type: ConfigType, _ expected: String) -> ConfigContent? {
    let absolute = AbsoluteConfigKey(key.split(separator: ".").map(String.init))
    for snapshot in sources.snapshots {
      do {
        if let value = try snapshot.value(forKey: absolute, type: type).value { return value.content }
      } catch {
        problem("\(Self.variable(for: key)) must be \(expected)")
        return nil
      }
    }
    return nil
  }

  private func text(_ key: String) -> String? {
    guard case .string(let text)? = content(key, .string, "a text") else { return nil }
    return text
  }

  private func texts(_ key: String) -> [String]? {
    guard case .stringArray(let texts)? = content(key, .stringArray, "a list of texts") else { return nil }
    return texts.filter { !$0.isEmpty }
  }

  private func secretText(_ key: String) -> Secret<String>? {
    let inline = text(key)
    let fileKey = "\(key)File"
    guard let path = text(fileKey) else { return inline.map { Secret($0) } }
    let variable = Self.variable(for: key)
    if inline != nil { problem("\(variable) and \(variable)_FILE exclude each other") }
    guard let data = FileManager.default.contents(atPath: path) else {
      problem("\(variable)_FILE names \(path), which cannot be read")
      return Secret("")
    }
    var text = String(decoding: data, as: UTF8.self)
    while text.last?.isNewline == true { text.removeLast() }
    if text.isEmpty { problem("\(variable)_FILE names \(path), which is empty") }
    return Secret(text)
  }

  private func missing<Value>(_ key: String, _ standIn: Value) -> Value {
    // A file that was named and could not be read is a problem already.
    problem("\(Self.variable(for: key)) is missing")
    return standIn
  }
}
