import Foundation
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import ServiceKit

/// The style sheet of our pages, read once at start.
struct AssetRoutes: Sendable {
  private let styleSheet: Data

  init() throws {
    styleSheet = try Data(contentsOf: URL(fileURLWithPath: "\(GatewayResources.folder("Assets"))/lanyard.css"))
  }

  func add(to router: ServiceRouter) {
    router.get("/assets/lanyard.css") { _, _ in
      Response(
        status: .ok,
        headers: [.contentType: "text/css; charset=utf-8", .cacheControl: "public, max-age=300"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: styleSheet)))
    }
  }
}
