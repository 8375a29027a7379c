import AsyncHTTPClient
import Foundation
import Model
import NIOCore
import NIOHTTP1

/// Calls of a gateway's public API, with an API key.
struct GatewayCall {
  /// The gateway's own calls give up after 30 s at most.
  private static let timeoutSeconds: Int64 = 35
  /// Far more than a page of a list has: 16 MiB.
  private static let maximumBytes = 16 * 1_024 * 1_024

  let gateway: String
  let key: Secret<String>

  /// - Throws: ``CommandFailure`` with the gateway's own sentence where it refuses.
  func get<Answer: Decodable>(_ path: String, answer: Answer.Type) async throws -> Answer {
    try WireJSON.decode(answer, from: try await call(.GET, path, nil))
  }

  func post<Answer: Decodable>(_ path: String, _ body: some Encodable, answer: Answer.Type) async throws -> Answer {
    try WireJSON.decode(answer, from: try await call(.POST, path, try WireJSON.encode(body)))
  }

  func put<Answer: Decodable>(_ path: String, _ body: some Encodable, answer: Answer.Type) async throws -> Answer {
    try WireJSON.decode(answer, from: try await call(.PUT, path, try WireJSON.encode(body)))
  }

  func delete(_ path: String) async throws { _ = try await call(.DELETE, path, nil) }

  func delete<Answer: Decodable>(_ path: String, answer: Answer.Type) async throws -> Answer {
    try WireJSON.decode(answer, from: try await call(.DELETE, path, nil))
  }

  /// Every item of a list, page by page.
  ///
  /// - Parameter query: parameters that narrow the list down, `name=value` each.
  func everything<Item: Codable & Sendable>(
    _ path: String, query: [String] = [], of item: Item.Type
  ) async throws -> [Item] {
    var items: [Item] = []
    var cursor: String?
    repeat {
      let parameters = ["limit=\(PageRequest.maximumLimit)"] + query + (cursor.map { ["cursor=\($0)"] } ?? [])
      let page = try await get("\(path)?\(parameters.joined(separator: "&"))", answer: Page<Item>.self)
      items += page.items
      cursor = page.nextCursor
    } while cursor != nil
    return items
  }

  private func call(_ method: HTTPMethod, _ path: String, _ body: Data?) async throws -> Data {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    let client = HTTPClient(configuration: configuration)
    do {
      let answer = try await send(method, path, body, by: client)
      try await client.shutdown()
      return answer
    } catch {
      try? await client.shutdown()
      throw error
    }
  }

  private func send(_ method: HTTPMethod, _ path: String, _ body: Data?, by client: HTTPClient) async throws -> Data {
    var request = HTTPClientRequest(url: gateway.trimmingSuffix("/") + path)
    request.method = method
    key.expose { request.headers.add(name: "Authorization", value: "Bearer \($0)") }
    if let body {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(bytes: body))
    }
    let (status, data) = try await exchange(request, by: client)
    guard (200..<300).contains(status) else {
      let problem = try? WireJSON.decode(ProblemDocument.self, from: data)
      if let told = problem?.facts?["problems"], !told.isEmpty { throw CommandFailure(exitCode: 1, problems: told) }
      throw CommandFailure.other(problem?.detail ?? "\(gateway) answered \(status).")
    }
    return data
  }

  private func exchange(_ request: HTTPClientRequest, by client: HTTPClient) async throws -> (UInt, Data) {
    do {
      let response = try await client.execute(request, timeout: .seconds(Self.timeoutSeconds))
      let body = try await response.body.collect(upTo: Self.maximumBytes)
      return (response.status.code, Data(body.readableBytesView))
    } catch {
      throw CommandFailure.other("\(gateway) does not answer (\(type(of: error))). Is it up, and the address right?")
    }
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
