import AsyncHTTPClient
import Deadlines
import Dispatch
import Foundation
import NIOCore
import NIOHTTP1
import Sealing
import ServiceKit

/// Calls of a Transit secrets engine: one key, one token, one authority.
final class TransitClient: Sendable {
  /// An answer holds one wrapped key.
  private static let maximumAnswerBytes = 64 * 1_024
  private static let tokenQueue = DispatchQueue(label: "lanyard.transit-token")

  private let place: TransitPlace
  private let http: HTTPClient

  /// - Throws: `ConfigurationError` for an authority file that cannot be used.
  init(_ place: TransitPlace) throws {
    self.place = place
    http = try PeerHTTPClient.make(certificateAuthorityFile: place.authorityFile)
  }

  func close() async { try? await http.shutdown() }

  /// - Throws: ``KeyManagementError``: `refused` when Transit says that the request is wrong (400), `unavailable` for everything else, a token
  ///   that is not let in included: that is an operator's to mend, and no word about the keys.
  func call<Content: Decodable>(_ operation: String, _ body: some Encodable, _: Content.Type) async throws -> Content {
    var request = HTTPClientRequest(url: "\(place.url)/v1/\(place.mount)/\(operation)/\(place.key)")
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    request.headers.add(name: "X-Vault-Token", value: try await token())
    request.headers.add(name: "X-Vault-Request", value: "true")
    if let namespace = place.namespace { request.headers.add(name: "X-Vault-Namespace", value: namespace) }
    request.body = .bytes(try JSONEncoder().encode(body))
    do {
      let (status, answer) = try await exchange(request)
      switch status {
      case 200:
        return try JSONDecoder().decode(TransitMessages.Answer<Content>.self, from: Data(answer.readableBytesView)).data
      case 400: throw KeyManagementError.refused(id: place.key)
      default: throw KeyManagementError.unavailable
      }
    } catch let error as KeyManagementError {
      throw error
    } catch {
      throw KeyManagementError.unavailable
    }
  }

  private func exchange(_ request: HTTPClientRequest) async throws -> (status: UInt, body: ByteBuffer) {
    let limit = Duration.seconds(place.limitSeconds)
    return try await withDeadline(limit) { [http] in
      let response = try await http.execute(request, timeout: TimeAmount(limit))
      return (response.status.code, try await response.body.collect(upTo: Self.maximumAnswerBytes))
    }
  }

  /// Off the cooperative pool, since it reads a file.
  private func token() async throws -> String {
    let path = place.tokenFile
    return try await withCheckedThrowingContinuation { continuation in
      Self.tokenQueue.async {
        let bytes = try? PrivateFile.read(path)
        let text = bytes.map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
        guard let text, !text.isEmpty else {
          return continuation.resume(throwing: KeyManagementError.unavailable)
        }
        continuation.resume(returning: text)
      }
    }
  }
}
