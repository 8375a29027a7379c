import Model
import Sealing

/// The secrets of a Connection, stored as one sealed value.
///
/// The plaintext is `format u8 | access token | refresh token`, each token a length (u32, big-endian) and UTF-8; no refresh token
/// is the length 0xFFFFFFFF. Written by hand since every release reads one.
struct TokenRecord: Sendable {
  var accessToken: Secret<String>
  var refreshToken: Secret<String>?

  private static let format: UInt8 = 1
  private static let absent: UInt32 = .max

  var plaintext: Secret<[UInt8]> {
    var bytes: [UInt8] = [Self.format]
    Self.append(accessToken, to: &bytes)
    Self.append(refreshToken, to: &bytes)
    return Secret(bytes)
  }

  init(accessToken: Secret<String>, refreshToken: Secret<String>?) {
    self.accessToken = accessToken
    self.refreshToken = refreshToken
  }

  /// - Throws: ``SealingError/cannotOpen`` for anything that this type did not write.
  init(plaintext: Secret<[UInt8]>) throws {
    self = try plaintext.expose { bytes in
      var rest = bytes[...]
      guard rest.popFirst() == Self.format, let access = try Self.take(from: &rest) else {
        throw SealingError.cannotOpen
      }
      let refresh = try Self.take(from: &rest)
      guard rest.isEmpty else { throw SealingError.cannotOpen }
      return TokenRecord(accessToken: access, refreshToken: refresh)
    }
  }

  private static func append(_ token: Secret<String>?, to bytes: inout [UInt8]) {
    guard let token else { return append(absent, to: &bytes) }
    token.expose { text in
      append(UInt32(text.utf8.count), to: &bytes)
      bytes += text.utf8
    }
  }

  private static func append(_ length: UInt32, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: length.bigEndian) { bytes += $0 }
  }

  private static func take(from rest: inout ArraySlice<UInt8>) throws -> Secret<String>? {
    let lengthBytes = rest.prefix(4)
    guard lengthBytes.count == 4 else { throw SealingError.cannotOpen }
    rest = rest.dropFirst(4)
    let length = lengthBytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard length != absent else { return nil }
    guard rest.count >= Int(length) else { throw SealingError.cannotOpen }
    defer { rest = rest.dropFirst(Int(length)) }
    return Secret(String(decoding: rest.prefix(Int(length)), as: UTF8.self))
  }
}
