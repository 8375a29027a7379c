/// What a JSON text may ask of us.
public struct JSONLimits: Hashable, Sendable {
  /// Bytes of the whole text.
  public var bytes: Int
  /// Objects and arrays inside each other. At most ``deepest``.
  public var depth: Int
  /// Bytes of a member's name, in the objects that are looked at.
  public var nameBytes: Int
  /// Members of one object that is looked at. Names are compared with each other, so this bounds that work.
  public var members: Int

  /// One bit per level in one register: more than any schema or result needs.
  public static let deepest = 128

  /// For messages that are held in memory as a whole: 4 MiB.
  public static let message = JSONLimits(bytes: 4 * 1024 * 1024, depth: deepest, nameBytes: 256, members: 256)

  /// For messages that pass through in pieces: as long as they like, for their text is not kept.
  public static let stream = JSONLimits(bytes: .max, depth: deepest, nameBytes: 256, members: 256)

  public init(bytes: Int, depth: Int, nameBytes: Int, members: Int) {
    self.bytes = bytes
    self.depth = min(depth, Self.deepest)
    self.nameBytes = nameBytes
    self.members = members
  }
}
