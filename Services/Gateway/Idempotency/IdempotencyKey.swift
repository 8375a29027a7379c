import HTTPTypes
import Hummingbird
import Model

/// The header `Idempotency-Key` of an unsafe call: the caller's name for it, under which it is done once.
struct IdempotencyKey: Sendable {
  private static let maximumLength = 255

  let text: String

  /// Nil where the call has none.
  ///
  /// - Throws: `invalid_request` unless it is one text of 1 to 255 visible ASCII characters.
  init?(_ request: Request) throws {
    let values = request.headers[values: .idempotencyKey]
    guard let value = values.first else { return nil }
    let isVisible = value.utf8.allSatisfy { (UInt8(ascii: "!")...UInt8(ascii: "~")).contains($0) }
    guard values.count == 1, isVisible, (1...Self.maximumLength).contains(value.utf8.count) else {
      throw ServiceError(
        .invalidRequest, "Idempotency-Key must be one text of 1 to \(Self.maximumLength) visible ASCII characters.")
    }
    text = value
  }
}

extension HTTPField.Name {
  /// `Idempotency-Key`
  static let idempotencyKey = headerName("Idempotency-Key")
  /// `Idempotency-Replayed`: `true` on an answer that was given before.
  static let idempotencyReplayed = headerName("Idempotency-Replayed")

  private static func headerName(_ text: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is not a header name") }
    return name
  }
}
