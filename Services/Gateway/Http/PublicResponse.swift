import HTTPTypes
import Hummingbird
import ServiceKit

/// An answer of the public API. Never stored by anyone on the way: most are about a person, some hold a token.
struct PublicResponse: Sendable {
  private let response: Response

  static func ok(_ value: some Encodable) throws -> Self { Self(response: try .json(value)) }
  static func created(_ value: some Encodable) throws -> Self { Self(response: try .json(value, status: .created)) }
  static func accepted(_ value: some Encodable) throws -> Self { Self(response: try .json(value, status: .accepted)) }
  static var noContent: Self {
    Self(response: Response(status: .noContent, headers: [.cacheControl: "no-store"]))
  }

  /// The answer as it is sent.
  var rendered: Response { response }
}
