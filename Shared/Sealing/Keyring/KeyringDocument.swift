import Crypto
import FoundationEssentials
import Model

/// The JSON form of a keyring file.
///
/// Every part is read leniently, so that one pass can name all problems instead of stopping at the first.
struct KeyringDocument: Codable {
  static let version = 1
  static let algorithm = "A256GCM"

  struct Key: Codable {
    var id: String?
    var alg: String?
    var state: String?
    var created: String?
    var kcv: String?
    var material: WireSecret?
  }

  var v: Int?
  var primary: String?
  var keys: [Key]?
}

extension KeyringDocument.Key {
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    id = try? container.decode(String.self, forKey: .id)
    alg = try? container.decode(String.self, forKey: .alg)
    state = try? container.decode(String.self, forKey: .state)
    created = try? container.decode(String.self, forKey: .created)
    kcv = try? container.decode(String.self, forKey: .kcv)
    material = try? container.decode(WireSecret.self, forKey: .material)
  }
}

extension KeyringDocument {
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    v = try? container.decode(Int.self, forKey: .v)
    primary = try? container.decode(String.self, forKey: .primary)
    keys = try? container.decode([Key].self, forKey: .keys)
  }

  init(_ keyring: Keyring) {
    v = Self.version
    primary = keyring.primary.id
    keys = keyring.keys.map { key in
      let material = key.material.map { WireSecret($0.withUnsafeBytes { Data($0).base64EncodedString() }) }
      return Key(
        id: key.id, alg: Self.algorithm, state: key.state.rawValue, created: WireTime.text(key.created),
        kcv: key.checkValue, material: material)
    }
  }

  /// The keyring that the document describes.
  ///
  /// - Throws: ``KeyringError`` with every problem.
  func keyring() throws -> Keyring {
    var problems: [String] = []
    if v != Self.version { problems.append("v must be \(Self.version)") }
    if keys == nil { problems.append("keys must be a list of objects") }
    var checked: [RootKey] = []
    for (index, entry) in (keys ?? []).enumerated() {
      if let key = entry.rootKey(at: index, &problems) { checked.append(key) }
    }
    if keys != nil {
      problems += Self.problems(among: checked)
      problems += primaryProblems(checked)
    }
    guard problems.isEmpty else { throw KeyringError(problems: problems) }
    return Keyring(checked: checked)
  }

  private func primaryProblems(_ checked: [RootKey]) -> [String] {
    // Counted in the raw entries: a primary with another fault is still a primary.
    let named = (keys ?? []).filter { $0.state == RootKey.State.primary.rawValue }
    var problems: [String] = []
    if named.count != 1 { problems.append("exactly one key must be in state primary, not \(named.count)") }
    guard let primary else { return problems + ["primary must name a key"] }
    if named.count == 1 && named.first?.id != primary {
      problems.append("primary must name the key that is in state primary")
    }
    return problems
  }

  private static func problems(among keys: [RootKey]) -> [String] {
    var problems: [String] = []
    for (index, key) in keys.enumerated() {
      let later = keys.dropFirst(index + 1)
      if later.contains(where: { $0.id == key.id }) { problems.append("key \(key.id) is there more than once") }
      if let material = key.material {
        for other in later where other.material == material && other.id != key.id {
          problems.append("keys \(key.id) and \(other.id) hold the same material")
        }
      }
    }
    return problems
  }
}

extension KeyringDocument.Key {
  /// The root key that this entry describes, or nil with the reasons added to `problems`.
  fileprivate func rootKey(at index: Int, _ problems: inout [String]) -> RootKey? {
    var own: [String] = []
    var name = "keys[\(index)]"
    if let id, RootKey.isValid(id: id) {
      name = "key \(id)"
    } else {
      own.append("\(name): id must be 1 to 64 letters, digits, '.', '_' or '-'")
    }
    if alg != KeyringDocument.algorithm { own.append("\(name): alg must be \(KeyringDocument.algorithm)") }
    let state = self.state.flatMap(RootKey.State.init(rawValue:))
    if state == nil {
      let all = RootKey.State.allCases.map(\.rawValue).joined(separator: ", ")
      own.append("\(name): state must be one of \(all)")
    }
    let created = self.created.flatMap(WireTime.date)
    if created == nil { own.append("\(name): created must be an RFC 3339 time in UTC") }
    let material = state.flatMap { checkedMaterial($0, name, &own) }
    problems += own
    guard own.isEmpty, let id, let state, let created else { return nil }
    return RootKey(id: id, state: state, created: created, checkValue: kcv?.lowercased() ?? "", material: material)
  }

  private func checkedMaterial(_ state: RootKey.State, _ name: String, _ problems: inout [String]) -> SymmetricKey? {
    if state == .destroyed {
      if material != nil { problems.append("\(name): a destroyed key must have no material") }
      return nil
    }
    guard let material else {
      problems.append("\(name): material must be \(RootKey.materialBytes) bytes in base64")
      return nil
    }
    guard var bytes = material.secret.expose({ Data(base64Encoded: $0) }), bytes.count == RootKey.materialBytes else {
      problems.append("\(name): material must be \(RootKey.materialBytes) bytes in base64")
      return nil
    }
    let key = SymmetricKey(data: bytes)
    bytes.wipe()
    guard let kcv else {
      problems.append("\(name): kcv must be \(RootKey.checkValueBytes) bytes in hexadecimal")
      return nil
    }
    guard RootKey.checkValue(of: key) == kcv.lowercased() else {
      problems.append("\(name): material does not match kcv: the key was damaged or exchanged")
      return nil
    }
    return key
  }
}
