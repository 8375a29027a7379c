internal import AsyncHTTPClient
public import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

/// A response whose body is still arriving. Use it inside the closure that it was given to only.
public struct EgressStream: AsyncSequence, Sendable {
  public typealias Element = [UInt8]

  public let status: HTTPResponse.Status
  public let headers: HTTPFields
  private let body: HTTPClientResponse.Body
  private let limit: Int

  init(_ head: HTTPClientResponse, limit: Int) {
    status = .init(code: Int(head.status.code))
    headers = HTTPFields(head.headers)
    body = head.body
    self.limit = limit
  }

  public struct AsyncIterator: AsyncIteratorProtocol {
    var inner: HTTPClientResponse.Body.AsyncIterator
    let limit: Int
    var count = 0

    /// The next bytes as they came; nil at the end.
    /// - Throws: ``EgressError``.
    public mutating func next() async throws(EgressError) -> [UInt8]? {
      do {
        guard let part = try await inner.next() else { return nil }
        count += part.readableBytes
        guard count <= limit else { throw EgressError.tooLarge(limit: limit) }
        return Array(part.readableBytesView)
      } catch {
        throw error as? EgressError ?? .outcomeUnknown(EgressFailure(error))
      }
    }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(inner: body.makeAsyncIterator(), limit: limit) }
}

extension HTTPFields {
  /// Takes over what has a valid name; values are kept as they came.
  init(_ headers: HTTPHeaders) {
    self.init()
    for (name, value) in headers {
      guard let name = HTTPField.Name(name) else { continue }
      append(HTTPField(name: name, value: value))
    }
  }
}
