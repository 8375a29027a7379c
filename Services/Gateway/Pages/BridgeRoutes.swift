import Foundation
import HTTPTypes
import Hummingbird
import Model
import ServiceKit

/// The bridge: the module that a host's page imports, the script inside an Application's frame, and their declarations.
struct BridgeRoutes: Sendable {
  private static let folder = "Bridge"
  private static let appScript = "app.js"
  /// Holds ``appScript`` as a text, made here: the host's page writes it into a frame's document without another request.
  private static let appSource = "app-source.js"

  private let files: [StaticFile]

  init() throws {
    let folder = GatewayResources.folder(Self.folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    var files = try names.map { try StaticFile(name: $0, in: Self.folder) }
    let script = try String(contentsOfFile: "\(folder)/\(Self.appScript)", encoding: .utf8)
    files.append(StaticFile(name: Self.appSource, text: try Self.module(holding: script)))
    self.files = files
  }

  func add(to router: ServiceRouter) {
    // Public code that any page may load; modules are loaded by the rules of CORS even where scripts are not.
    var headers: HTTPFields = [.accessControlAllowOrigin: "*"]
    headers[Self.resourcePolicy] = "cross-origin"
    for file in files {
      router.get("/bridge/\(file.name)") { [headers] _, _ in file.response(headers) }
    }
  }

  /// A JSON text is a JavaScript expression (ECMAScript 2019); `<` is escaped, so that nothing in it can end a script element.
  private static func module(holding script: String) throws -> String {
    let literal = String(decoding: try WireJSON.encode(script), as: UTF8.self).replacing("<", with: "\\u003C")
    return "/** The script of the application's side, as text. */\nexport const appSource = \(literal);\n"
  }

  private static let resourcePolicy: HTTPField.Name = {
    guard let name = HTTPField.Name("Cross-Origin-Resource-Policy") else { preconditionFailure("not a header name") }
    return name
  }()
}
