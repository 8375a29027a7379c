import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceKit

/// Where a request comes from, for limits per network address.
struct CallerAddress: Sendable {
  /// The header in which a trusted proxy puts the address; nil where browsers connect directly.
  let header: HTTPField.Name?

  /// The address as text. A proxy appends what it saw itself, so only the last entry of its header is believed: anything before it was
  /// sent by the caller.
  func text(_ request: Request, _ context: AppRequestContext) -> String {
    if let header, let last = request.headers[values: header].last?.split(separator: ",").last {
      return last.trimmingCharacters(in: .whitespaces)
    }
    return context.remoteAddress?.ipAddress ?? "unknown"
  }
}
