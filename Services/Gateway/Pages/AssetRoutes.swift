import Hummingbird
import ServiceKit

/// The files that our pages load.
struct AssetRoutes: Sendable {
  private static let names = ["lanyard.css", "lanyard.svg", "outcome.js"]

  private let files: [StaticFile]

  init() throws { files = try Self.names.map { try StaticFile(name: $0, in: "Assets") } }

  func add(to router: ServiceRouter) {
    for file in files {
      router.get("/assets/\(file.name)") { _, _ in file.response() }
    }
  }
}
