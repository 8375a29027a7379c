import Egress
import Foundation
import HTTPTypes
import Model
import SingleFlight
import Synchronization

/// Fetches the documents by which clients describe themselves, and keeps them for as long as they allow.
///
/// The address comes from whoever begins an authorization: it is asked for by the guarded way out only, follows no redirect,
/// and has little room and time. Failures are not kept.
final class ClientDocuments: Sendable {
  /// Documents have a few hundred bytes.
  static let maximumBytes = 16 << 10
  /// Seconds for all of it: a person is waiting.
  static let fetchSeconds = 5
  /// Seconds that a document is kept when it says nothing about it.
  private static let standardSeconds = 300
  /// Seconds that one is kept at most, whatever it says: a client must be able to take an address back.
  private static let maximumSeconds = 86_400
  /// Documents kept at most, at about a kilobyte each; beyond it the cache begins anew.
  private static let maximumCount = 1_000

  private struct Kept {
    var document: ClientDocument
    var until: ContinuousClock.Instant
  }

  /// Clients name the address, whosever they are: all of them together are one among the tenants.
  private static let tenant = "client-documents"

  private let egress: EgressClient
  private let kept = Mutex<[ClientAddress: Kept]>([:])
  private let fetches = SingleFlight<ClientAddress, ClientDocument>()

  init(egress: EgressClient) { self.egress = egress }

  /// - Throws: `invalid_request`: the page that shows it is for the person, who can only go back.
  func document(at address: ClientAddress) async throws -> ClientDocument {
    let known = kept.withLock { $0[address] }
    if let known, known.until > .now { return known.document }
    return try await fetches.run(address) { [self] in try await fetch(address) }
  }

  private func fetch(_ address: ClientAddress) async throws -> ClientDocument {
    let request = EgressRequest(
      .get, address.text, headers: [.accept: "application/json"], maximumResponseBytes: Self.maximumBytes,
      totalTimeout: .seconds(Self.fetchSeconds), tenant: Self.tenant)
    let response: EgressResponse
    do {
      response = try await egress.send(request)
    } catch {
      // One sentence for every reason: nobody explores a network by it.
      throw ServiceError(
        .invalidRequest, "The application's description of itself could not be read. \(EgressError.tenantMessage)")
    }
    guard response.status.code == 200, Self.isJSON(response.headers[.contentType]) else {
      throw ServiceError(
        .invalidRequest, "The application's description of itself could not be read. It must be JSON, with status 200.")
    }
    let document = try ClientDocument(response.body, at: address)
    let seconds = Self.lifetime(response.headers[values: .cacheControl].joined(separator: ","))
    if seconds > 0 { keep(document, at: address, seconds: seconds) }
    return document
  }

  private func keep(_ document: ClientDocument, at address: ClientAddress, seconds: Int) {
    kept.withLock { kept in
      if kept.count >= Self.maximumCount { kept.removeAll(keepingCapacity: true) }
      kept[address] = Kept(document: document, until: .now + .seconds(seconds))
    }
  }

  /// Seconds that an answer may be used again (RFC 9111 section 5.2.2), within our own bounds.
  static func lifetime(_ cacheControl: String) -> Int {
    let directives = cacheControl.lowercased().split(separator: ",").map { $0.filter { !$0.isWhitespace } }
    if directives.contains(where: { $0 == "no-store" || $0.hasPrefix("no-cache") }) { return 0 }
    guard let age = directives.first(where: { $0.hasPrefix("max-age=") }) else { return standardSeconds }
    return Int(age.dropFirst("max-age=".count)).map { min(max($0, 0), maximumSeconds) } ?? 0
  }

  private static func isJSON(_ contentType: String?) -> Bool {
    let type = (contentType ?? "").prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
    return type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json"))
  }
}
