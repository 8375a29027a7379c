import HTTPTypes
import Hummingbird
import Model

/// The header `Idempotency-Key` of unsafe calls: checked for its form.
///
/// The gateway keeps nothing between calls, so the key alone makes no call repeatable. Which calls are by their nature is said in the API
/// description.
enum IdempotencyKey {
  private static let maximumLength = 255

  /// - Throws: `invalid_request` unless it is absent or one text of 1 to 255 visible ASCII characters.
  static func check(_ request: Request) throws {
    let values = request.headers[values: name]
    guard let value = values.first else { return }
    let isVisible = value.utf8.allSatisfy { (UInt8(ascii: "!")...UInt8(ascii: "~")).contains($0) }
    guard values.count == 1, isVisible, (1...maximumLength).contains(value.utf8.count) else {
      throw ServiceError(
        .invalidRequest, "Idempotency-Key must be one text of 1 to \(maximumLength) visible ASCII characters.")
    }
  }

  private static let name: HTTPField.Name = {
    guard let name = HTTPField.Name("Idempotency-Key") else { preconditionFailure("not a header name") }
    return name
  }()
}
