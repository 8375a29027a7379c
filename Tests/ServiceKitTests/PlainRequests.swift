import AsyncHTTPClient
import FoundationEssentials
import Model
import NIOCore
import NIOHTTP1
import TestSupport

/// An answer of a service, as any HTTP client sees it.
struct PlainAnswer {
  let status: Int
  let headers: HTTPHeaders
  let body: Data

  func header(_ name: String) -> String? { headers.first(name: name) }

  var text: String { String(decoding: body, as: UTF8.self) }

  /// The problem document, if it is one by media type and form.
  var problem: ProblemDocument? {
    guard headers.first(name: "Content-Type") == ProblemDocument.mediaType else { return nil }
    return try? WireJSON.decode(ProblemDocument.self, from: body)
  }
}

extension RunningService {
  /// A request without any of our own headers.
  func request(
    _ method: String, _ target: String, headers: [String: String] = [:], body: Data? = nil
  ) async throws -> PlainAnswer {
    var request = HTTPClientRequest(url: target.hasPrefix("http") ? target : url + target)
    request.method = HTTPMethod(rawValue: method)
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
    let response = try await http.execute(request, timeout: .seconds(20))
    let bytes = try await response.body.collect(upTo: 16_777_216)
    return PlainAnswer(
      status: Int(response.status.code), headers: response.headers, body: Data(bytes.readableBytesView))
  }

  func get(_ target: String, headers: [String: String] = [:]) async throws -> PlainAnswer {
    try await request("GET", target, headers: headers)
  }

  /// A JSON body, with a service's credential if one is named.
  func post(_ target: String, _ json: String, as caller: ServiceName? = nil) async throws -> PlainAnswer {
    var headers = ["Content-Type": "application/json"]
    if let caller { headers["Authorization"] = try keys.token(from: caller, to: service).expose { "Bearer \($0)" } }
    return try await request("POST", target, headers: headers, body: Data(json.utf8))
  }
}
