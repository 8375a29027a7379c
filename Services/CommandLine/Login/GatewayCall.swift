import AsyncHTTPClient
import Foundation
import Model
import NIOCore
import NIOHTTP1

/// One call of a gateway's public API, with an API key.
struct GatewayCall {
  /// The gateway's own calls give up after 10 s.
  private static let timeoutSeconds: Int64 = 15
  /// Far more than an answer or a problem document has.
  private static let maximumBytes = 65_536

  let gateway: String
  let key: Secret<String>

  /// - Throws: ``CommandFailure`` with the gateway's own sentence where it refuses.
  func post<Answer: Decodable>(
    _ path: String, _ body: some Encodable, answer: Answer.Type
  ) async throws -> Answer {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    let client = HTTPClient(configuration: configuration)
    do {
      let answer = try await send(path, body, answer, by: client)
      try await client.shutdown()
      return answer
    } catch {
      try? await client.shutdown()
      throw error
    }
  }

  private func send<Answer: Decodable>(
    _ path: String, _ body: some Encodable, _ type: Answer.Type, by client: HTTPClient
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: gateway.trimmingSuffix("/") + path)
    request.method = .POST
    key.expose { request.headers.add(name: "Authorization", value: "Bearer \($0)") }
    request.headers.add(name: "Content-Type", value: "application/json")
    request.body = .bytes(ByteBuffer(bytes: try WireJSON.encode(body)))
    let (status, data) = try await exchange(request, by: client)
    guard (200..<300).contains(status) else {
      let problem = try? WireJSON.decode(ProblemDocument.self, from: data)
      throw CommandFailure.other(problem?.detail ?? "\(gateway) answered \(status).")
    }
    return try WireJSON.decode(type, from: data)
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
