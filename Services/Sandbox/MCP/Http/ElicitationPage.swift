import HTTPTypes
import Hummingbird
import NIOCore

/// The address that a person is asked to open. Opening it is all there is to do.
struct ElicitationPage: Sendable {
  let elicitations: Elicitations

  func add(to router: Router<SandboxContext>) { router.get("mcp/elicitations/:id", use: open) }

  @Sendable func open(_ request: Request, _ context: SandboxContext) throws -> Response {
    guard elicitations.open(try context.parameters.require("id")) else {
      return try .refusal(OAuthError(.notFound, "Nobody was asked to open this."))
    }
    return Response(
      status: .ok, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
      body: .init(byteBuffer: ByteBuffer(string: "Thank you. You can go back to where you came from.\n")))
  }
}
