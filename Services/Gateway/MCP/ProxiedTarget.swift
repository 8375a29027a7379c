import Foundation
import HTTPTypes
import Hummingbird
import MCP
import Model
import ServiceKit

/// An MCP server that an Application names itself, and how a call proves itself there.
struct ProxiedTarget: Sendable {
  static let urlHeader = "Lanyard-Server-Url"
  /// What goes to the server as `Authorization`: a token of the Application's own Connection. Our own never goes anywhere.
  static let authorizationHeader = "Lanyard-Server-Authorization"
  private static let scheme = "Bearer "
  /// What a client says besides the body.
  private static let passed = [
    HeaderName.protocolVersion, HeaderName.method, HeaderName.name, HeaderName.sessionId,
  ]

  let url: String
  /// The host, with the port where that is not the usual one: what is on record of the address.
  let host: String?
  let headers: HTTPFields

  /// - Throws: `invalid_request` that names the header.
  init(_ request: Request) throws {
    guard let name = HTTPField.Name(Self.urlHeader), let url = request.headers[name], !url.isEmpty else {
      throw ServiceError(.invalidRequest, "The header \(Self.urlHeader) is missing.")
    }
    self.url = url
    host = Self.host(of: url)
    var headers: HTTPFields = [.contentType: "application/json", .accept: "application/json, text/event-stream"]
    for field in request.headers where Self.isPassed(field.name) { headers[field.name] = field.value }
    headers[.authorization] = try Self.authorization(request.headers)
    self.headers = headers
  }

  private static func host(of url: String) -> String? {
    guard let components = URLComponents(string: url), let host = components.host, !host.isEmpty else { return nil }
    return components.port.map { "\(host):\($0)" } ?? host
  }

  private static func isPassed(_ name: HTTPField.Name) -> Bool {
    name.canonicalName.hasPrefix(HeaderName.parameterPrefix.lowercased())
      || passed.contains { $0.lowercased() == name.canonicalName }
  }

  private static func authorization(_ headers: HTTPFields) throws -> String? {
    guard let name = HTTPField.Name(authorizationHeader), let value = headers[name] else { return nil }
    guard value.hasPrefix(scheme) else {
      throw ServiceError(.invalidRequest, "The header \(authorizationHeader) must be a bearer token.")
    }
    // Whatever begins like a credential of ours is taken for one: lys_, lyk_ and those that may come.
    let token = value.dropFirst(scheme.count)
    guard !token.hasPrefix("ly") || token.dropFirst(3).first != "_" else {
      throw ServiceError(.invalidRequest, "The header \(authorizationHeader) holds a credential of Lanyard's own.")
    }
    return value
  }
}
