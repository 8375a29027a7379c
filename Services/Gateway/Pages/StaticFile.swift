import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// A file that ships with the gateway, read once at start and answered from memory.
struct StaticFile: Sendable {
  /// Seconds for which it may be used without asking again: short, so that an upgrade is seen soon.
  private static let cachedSeconds = 300
  private static let mediaTypes = [
    "css": "text/css; charset=utf-8", "svg": "image/svg+xml", "js": "text/javascript; charset=utf-8",
    // A module specifier never leads here: it is for editors and compilers.
    "ts": "application/typescript; charset=utf-8",
  ]

  let name: String
  private let bytes: ByteBuffer
  private let mediaType: String

  init(name: String, text: String) {
    self.init(name: name, bytes: ByteBuffer(string: text))
  }

  /// Reads a file of a folder of ``GatewayResources``.
  init(name: String, in folder: String) throws {
    let file = URL(fileURLWithPath: GatewayResources.folder(folder)).appendingPathComponent(name)
    self.init(name: name, bytes: ByteBuffer(bytes: try Data(contentsOf: file)))
  }

  private init(name: String, bytes: ByteBuffer) {
    self.name = name
    self.bytes = bytes
    mediaType = Self.mediaTypes[name.split(separator: ".").last.map(String.init) ?? ""] ?? "application/octet-stream"
  }

  func response(_ more: HTTPFields = [:]) -> Response {
    var headers: HTTPFields = [
      .contentType: mediaType, .cacheControl: "public, max-age=\(Self.cachedSeconds)",
    ]
    headers.append(contentsOf: more)
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: bytes))
  }
}
