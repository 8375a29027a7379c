import Foundation
import HTTPTypes
import Model
import ServiceKit
import ServiceTokens

/// The Application in whose name a host's page calls an MCP server, as the page says it: the same description as in `auth/resolve`.
///
/// The page is believed because it holds the member's session. It can only take away: an Application has Connections of its own and none
/// of the member's.
struct ActingApplication: Sendable, Hashable {
  /// The description as JSON in base64url.
  static let header = "Lanyard-Application"
  /// The account that the person picked for these calls.
  static let connectionHeader = "Lanyard-Connection"
  /// Bytes of the header that are looked at: six texts of 512 characters, one of four of which is not ASCII.
  private static let maximumBytes = 8_192

  var description: ApplicationDescription
  var connectionId: ConnectionID?

  /// Whose Connections it works with.
  var scope: ConnectionScope {
    ConnectionScope(
      applicationType: .application, applicationId: description.id, appId: description.appId ?? description.id)
  }

  init(_ description: ApplicationDescription, connectionId: ConnectionID? = nil) {
    self.description = description
    self.connectionId = connectionId
  }

  /// Reads what a request says; nil where no Application acts.
  ///
  /// - Throws: `invalid_request` that names the header.
  init?(_ headers: HTTPFields) throws {
    guard let text = try Self.only(Self.header, headers) else {
      guard try Self.only(Self.connectionHeader, headers) == nil else {
        throw Self.refusal("\(Self.connectionHeader) needs the header \(Self.header).")
      }
      return nil
    }
    guard text.utf8.count <= Self.maximumBytes, let bytes = Base64URL.decode(text.utf8) else {
      throw Self.refusal("\(Self.header) must be base64url of at most \(Self.maximumBytes) bytes.")
    }
    do {
      description = try StrictJSON.decode(ApplicationDescription.self, from: Data(bytes))
    } catch let problem as BodyProblem {
      throw Self.refusal("\(Self.header) is not a description of an Application: \(problem.serviceError.detail)")
    }
    try description.validate()
    if let picked = try Self.only(Self.connectionHeader, headers) {
      guard let id = ConnectionID(validating: picked) else {
        throw Self.refusal("\(Self.connectionHeader) must be the id of a Connection.")
      }
      connectionId = id
    }
  }

  private static func only(_ name: String, _ headers: HTTPFields) throws -> String? {
    let values = HTTPField.Name(name).map { headers[values: $0] } ?? []
    guard values.count <= 1 else { throw refusal("\(name) is there more than once.") }
    return values.first
  }

  private static func refusal(_ detail: String) -> ServiceError {
    ServiceError(.invalidRequest, "The header \(detail)")
  }
}
