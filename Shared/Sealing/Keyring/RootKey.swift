import Crypto
public import FoundationEssentials

/// One root key of a keyring. A root key wraps organization keys and nothing else.
public struct RootKey: Sendable {
  /// What a root key may be used for.
  public enum State: String, Sendable, CaseIterable {
    /// Wraps new organization keys and unwraps. Exactly one key is the primary.
    case primary
    /// Unwraps, and may become the primary.
    case enabled
    /// Unwraps until every organization key is wrapped under another key; never becomes the primary again.
    case decryptOnly = "decrypt_only"
    /// Its material is gone; the entry stays as a record of that.
    case destroyed
  }

  /// Its name, for example `r-2026-11`; stored beside everything that it wraps.
  public let id: String
  public internal(set) var state: State
  public let created: Date
  /// The key check value, 16 hexadecimal digits; empty for a destroyed key that never had one.
  public let checkValue: String
  /// Nil exactly for a destroyed key.
  var material: SymmetricKey?

  /// A new random key.
  init(id: String, state: State, created: Date) {
    let material = SymmetricKey(size: .bits256)
    self.init(id: id, state: state, created: created, checkValue: Self.checkValue(of: material), material: material)
  }

  init(id: String, state: State, created: Date, checkValue: String, material: SymmetricKey?) {
    self.id = id
    self.state = state
    self.created = created
    self.checkValue = checkValue
    self.material = material
  }

  /// Bytes of key material.
  static let materialBytes = 32
  /// Bytes of the check value: enough to notice a typing error, too few to be of any use against the key.
  static let checkValueBytes = 8

  /// The first 8 bytes of HMAC-SHA256(key, "kcv1") in lower-case hexadecimal.
  static func checkValue(of key: SymmetricKey) -> String {
    let code = HMAC<SHA256>.authenticationCode(for: Array("kcv1".utf8), using: key)
    return code.prefix(checkValueBytes).map { byte in
      let text = String(byte, radix: 16)
      return byte < 0x10 ? "0" + text : text
    }.joined()
  }

  /// Whether a text can name a root key: 1 to 64 letters, digits, `.`, `_`, `-`.
  static func isValid(id: String) -> Bool {
    (1...64).contains(id.utf8.count)
      && id.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}

extension RootKey: CustomStringConvertible, CustomReflectable {
  public var description: String { "RootKey(\(id), \(state.rawValue))" }
  public var customMirror: Mirror { Mirror(self, children: ["id": id, "state": state]) }
}
