import Foundation
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import ServiceKit

/// The files that our pages load, read once at start.
struct AssetRoutes: Sendable {
  private struct Asset: Sendable {
    var name: String
    var mediaType: String
    var bytes: ByteBuffer
  }

  private let assets: [Asset]

  init() throws {
    let folder = URL(fileURLWithPath: GatewayResources.folder("Assets"))
    assets = try [("lanyard.css", "text/css; charset=utf-8"), ("lanyard.svg", "image/svg+xml")].map { name, type in
      Asset(
        name: name, mediaType: type,
        bytes: ByteBuffer(bytes: try Data(contentsOf: folder.appendingPathComponent(name))))
    }
  }

  func add(to router: ServiceRouter) {
    for asset in assets {
      router.get("/assets/\(asset.name)") { _, _ in
        Response(
          status: .ok, headers: [.contentType: asset.mediaType, .cacheControl: "public, max-age=300"],
          body: ResponseBody(byteBuffer: asset.bytes))
      }
    }
  }
}
