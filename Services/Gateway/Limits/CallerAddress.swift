import Egress
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceKit

/// Where a request comes from, for limits per network address.
struct CallerAddress: Sendable {
  /// The header in which a trusted proxy puts the address; nil where browsers connect directly.
  let header: HTTPField.Name?

  /// What is counted for the request. A proxy appends what it saw itself, so only the last entry of its header is believed: anything
  /// before it was sent by the caller.
  func text(_ request: Request, _ context: AppRequestContext) -> String {
    if let header, let last = request.headers[values: header].last?.split(separator: ",").last {
      return Self.key(last.trimmingCharacters(in: .whitespaces))
    }
    return Self.key(context.remoteAddress?.ipAddress ?? "unknown")
  }

  /// An IPv4 address, also one that is written as IPv6, or the first half of an IPv6 address: one subscriber has the other half for
  /// themselves (RFC 6177), and would be as many callers as they like.
  static func key(_ text: String) -> String {
    guard let address = IPAddress(text)?.unmapped else { return text }
    switch address {
    case .v4: return address.description
    case .v6(let network, _): return "\(IPAddress.v6(network, 0))/64"
    }
  }
}
