import Hummingbird
import NIOCore

/// The avatars that userinfo points at, drawn on the spot.
struct PictureRoutes: Sendable {
  func add(to router: Router<SandboxContext>) { router.get("people/:file", use: show) }

  @Sendable func show(_ request: Request, _ context: SandboxContext) throws -> Response {
    let file = try context.parameters.require("file")
    guard file.hasSuffix(".svg"), let person = Person.find(String(file.dropLast(4))) else {
      return try .refusal(OAuthError(.notFound, "There is no such picture."))
    }
    return Response(
      status: .ok, headers: [.contentType: "image/svg+xml", .cacheControl: "public, max-age=3600"],
      body: .init(byteBuffer: ByteBuffer(string: Self.drawing(of: person))))
  }

  private static func drawing(of person: Person) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" role="img" aria-label="\(person.name)">\
    <rect width="96" height="96" fill="hsl(\(person.hue) 45% 42%)"/>\
    <text x="48" y="59" text-anchor="middle" font-family="sans-serif" font-size="34" fill="#fff">\
    \(person.initials)</text></svg>
    """
  }
}
