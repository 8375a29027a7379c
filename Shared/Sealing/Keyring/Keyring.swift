public import FoundationEssentials

/// The root keys, outside the database: exactly one primary, and the older ones that still unwrap.
public struct Keyring: Sendable {
  /// In the order of the file.
  public private(set) var keys: [RootKey]

  /// Takes keys that are known to be consistent: exactly one primary, distinct ids.
  init(checked keys: [RootKey]) { self.keys = keys }

  /// The key that wraps.
  public var primary: RootKey {
    guard let key = keys.first(where: { $0.state == .primary }) else {
      preconditionFailure("every way to make a Keyring checks that it has a primary")
    }
    return key
  }

  /// The key with this id, destroyed ones included.
  public func key(_ id: String) -> RootKey? { keys.first { $0.id == id } }

  /// A keyring with one new random primary key.
  ///
  /// - Throws: ``KeyringError`` when the id is not 1 to 64 letters, digits, `.`, `_`, `-`.
  public static func generate(keyId: String, created: Date = Date()) throws -> Keyring {
    try checkNew(keyId, among: [])
    return Keyring(checked: [RootKey(id: keyId, state: .primary, created: created)])
  }

  /// Adds a new random key in state `enabled`. Give it to every replica before it becomes the primary.
  public mutating func addKey(id: String, created: Date = Date()) throws {
    try Self.checkNew(id, among: keys)
    keys.append(RootKey(id: id, state: .enabled, created: created))
  }

  /// Makes an enabled key the primary; the old primary stays enabled.
  public mutating func makePrimary(_ id: String) throws {
    let index = try index(of: id)
    if keys[index].state == .primary { return }
    guard keys[index].state == .enabled else {
      throw KeyringError("key \(id) is \(keys[index].state.rawValue), only an enabled key can become the primary")
    }
    for other in keys.indices where keys[other].state == .primary { keys[other].state = .enabled }
    keys[index].state = .primary
  }

  /// Lets a key unwrap only, as the step before its destruction.
  public mutating func retire(_ id: String) throws {
    let index = try index(of: id)
    guard keys[index].state == .enabled || keys[index].state == .decryptOnly else {
      throw KeyringError("key \(id) is \(keys[index].state.rawValue), only an enabled key can be retired")
    }
    keys[index].state = .decryptOnly
  }

  /// Drops a key's material for ever. What it still wraps can never be opened again.
  public mutating func destroy(_ id: String) throws {
    let index = try index(of: id)
    guard keys[index].state != .primary else {
      throw KeyringError("key \(id) is the primary: make another key the primary before destroying it")
    }
    keys[index].state = .destroyed
    keys[index].material = nil
  }

  private func index(of id: String) throws -> Int {
    guard let index = keys.firstIndex(where: { $0.id == id }) else {
      throw KeyringError("the keyring has no such key")
    }
    return index
  }

  private static func checkNew(_ id: String, among keys: [RootKey]) throws {
    guard RootKey.isValid(id: id) else {
      throw KeyringError("a key id must be 1 to 64 letters, digits, '.', '_' or '-'")
    }
    guard !keys.contains(where: { $0.id == id }) else { throw KeyringError("the keyring has a key \(id) already") }
  }
}
