/// The rules for names of tools.
public enum ToolName {
  /// Bytes that a name may have (revision 2026-07-28, tools).
  public static let maximumBytes = 128

  /// Whether a name follows the convention: 1 to 128 of `A–Z a–z 0–9 _ . -`.
  public static func isConventional(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= maximumBytes && name.utf8.allSatisfy(isAllowed)
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
