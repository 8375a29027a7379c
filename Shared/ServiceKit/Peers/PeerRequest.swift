import AsyncHTTPClient
import FoundationEssentials
import Model
import NIOCore
import NIOHTTP1
import Tracing

/// An internal call as an HTTP request, without the replica that it goes to.
struct PeerRequest {
  let method: String
  let target: String
  let body: ByteBuffer?
  private let headers: [(String, String)]

  init<Req, Res>(
    _ endpoint: Endpoint<Req, Res>, _ request: Req, parameters: [String: String], query: [String: String],
    token: Secret<String>, grant: SignedGrant?
  ) throws {
    method = endpoint.method.rawValue
    target = try Self.path(endpoint.path, parameters) + Self.query(query)
    var headers: [(String, String)] = [("Accept", "application/json")]
    switch endpoint.method {
    case .get, .delete: body = nil
    case .post, .put:
      body = ByteBuffer(bytes: try WireJSON.encode(request))
      headers.append(("Content-Type", "application/json"))
    }
    token.expose { headers.append(("Authorization", "Bearer \($0)")) }
    grant?.token.secret.expose { headers.append(("Lanyard-Grant", $0)) }
    if let context = InstrumentationContext.current {
      TraceInstrument().inject(context, into: &headers, using: HeaderInjector())
    }
    self.headers = headers
  }

  func httpRequest(to address: PeerAddress) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: address.origin + target)
    request.method = HTTPMethod(rawValue: method)
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let body { request.body = .bytes(body) }
    return request
  }

  /// Fills in a template. Every parameter is one part of the path, whatever characters it has.
  private static func path(_ template: String, _ parameters: [String: String]) throws -> String {
    try template.split(separator: "/", omittingEmptySubsequences: true).map { part in
      guard part.hasPrefix(":") else { return "/\(part)" }
      guard let value = parameters[String(part.dropFirst())], !value.isEmpty else {
        throw ServiceError(.internalError, "The call lacks the parameter \(part.dropFirst()).")
      }
      return "/\(PercentEncoding.encode(value))"
    }.joined()
  }

  private static func query(_ items: [String: String]) -> String {
    guard !items.isEmpty else { return "" }
    let pairs = items.sorted { $0.key < $1.key }.map {
      "\(PercentEncoding.encode($0.key))=\(PercentEncoding.encode($0.value))"
    }
    return "?\(pairs.joined(separator: "&"))"
  }
}

private struct HeaderInjector: Injector {
  func inject(_ value: String, forKey key: String, into headers: inout [(String, String)]) {
    headers.append((key, value))
  }
}
