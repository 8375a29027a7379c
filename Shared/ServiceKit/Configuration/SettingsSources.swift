import Configuration
public import FoundationEssentials

/// Where settings come from: the environment first, then an optional JSON file.
public struct SettingsSources: Sendable {
  /// The prefix of our environment variables.
  public static let prefix = "LANYARD_"
  /// The variable that names the configuration file.
  public static let fileVariable = "LANYARD_CONFIG_FILE"

  let snapshots: [any ConfigSnapshot]
  /// Our variables that are set. An empty value counts as not set: that is what a compose file leaves of an absent variable.
  let variables: Set<String>
  /// The paths of all values in the file.
  let fileKeys: Set<String>
  /// What is wrong with the file itself.
  let problems: [String]

  /// - Parameters:
  ///   - environment: the process's environment.
  ///   - readFile: reads the configuration file; nil when it cannot be read.
  public init(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    readFile: (String) -> Data? = { FileManager.default.contents(atPath: $0) }
  ) {
    let ours = environment.filter { $0.key.hasPrefix(Self.prefix) && !$0.value.isEmpty }
    let variables = EnvironmentVariablesProvider(environmentVariables: ours, secretsSpecifier: .all)
    var snapshots: [any ConfigSnapshot] = [PrefixedSnapshot(base: variables.snapshot())]
    var keys: Set<String> = []
    var problems: [String] = []
    if let path = ours[Self.fileVariable] {
      if let data = readFile(path) {
        do {
          snapshots.append(
            try JSONSnapshot(
              data: Array(data).span.bytes, providerName: "file", parsingOptions: .init(secretsSpecifier: .all)))
          keys = try WireTree(json: data).leaves
        } catch {
          // The text of the error may quote the file, and the file may hold secrets.
          problems.append("\(Self.fileVariable) names \(path), which is not a JSON object of settings")
        }
      } else {
        problems.append("\(Self.fileVariable) names \(path), which cannot be read")
      }
    }
    self.snapshots = snapshots
    self.variables = Set(ours.keys)
    self.problems = problems
    fileKeys = keys
  }
}

/// Puts our prefix before every key, so that `http.port` is `LANYARD_HTTP_PORT` in the environment and `http.port` in the file.
private struct PrefixedSnapshot: ConfigSnapshot {
  let base: any ConfigSnapshot
  var providerName: String { base.providerName }

  func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult {
    try base.value(forKey: AbsoluteConfigKey(["lanyard"] + key.components), type: type)
  }
}

/// The shape of a JSON document: only its paths.
private struct WireTree: Decodable {
  let leaves: Set<String>

  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(json: Data) throws { self = try JSONDecoder().decode(Self.self, from: json) }

  init(from decoder: any Decoder) throws {
    guard let container = try? decoder.container(keyedBy: Name.self) else {
      leaves = [""]
      return
    }
    var leaves: Set<String> = []
    for key in container.allKeys {
      for leaf in try container.decode(WireTree.self, forKey: key).leaves {
        leaves.insert(leaf.isEmpty ? key.stringValue : "\(key.stringValue).\(leaf)")
      }
    }
    self.leaves = leaves
  }
}
