import FoundationEssentials
import Model
import ServiceKit

/// Members by the host platform's own ids, wherever ours are taken: a host vouches for people by its ids and need not keep ours.
struct MemberNames: Sendable {
  /// Where a body names members: names of fields, and ``everyElement`` for those of a list.
  typealias Place = [String]

  static let everyElement = "*"

  let peers: PeerClients

  /// The member whom a text names, by our id or by the host platform's.
  ///
  /// - Throws: `not_found`.
  func id(_ text: String, for identity: CallerIdentity) async throws -> UserID {
    if let id = UserID(validating: text) { return id }
    guard let id = try await ids(of: [text], for: identity)[text] else {
      throw ServiceError(.notFound, "The organization has no such user.")
    }
    return id
  }

  /// The same body with our ids; names that nobody has stay, and are refused by whoever reads them.
  func resolved(_ body: Data, at places: [Place], for identity: CallerIdentity) async throws -> Data {
    // What is no JSON, and what is not of the right shape, is told by the reader of the whole.
    guard var document = try? StrictJSON.decode(JSONValue.self, from: body) else { return body }
    var names: Set<String> = []
    for place in places {
      document.visit(place[...]) { value in
        if case .string(let text) = value, UserID(validating: text) == nil { names.insert(text) }
      }
    }
    guard !names.isEmpty, names.count <= NamedUsers.maximumCount else { return body }
    let ids = try await ids(of: names.sorted(), for: identity)
    guard !ids.isEmpty else { return body }
    for place in places {
      document.visit(place[...]) { value in
        if case .string(let text) = value, let id = ids[text] { value = .string(id.rawValue) }
      }
    }
    return try WireJSON.encode(document)
  }

  private func ids(of names: [String], for identity: CallerIdentity) async throws -> [String: UserID] {
    // Members know themselves; who else there is is not for them to ask.
    if let own = identity.caller.user, names == [own.externalId] { return [own.externalId: own.id] }
    return try await peers.call(UserEndpoints.named, identity.asking(NamedUsers(externalIds: names))).ids
  }
}

extension JSONValue {
  /// Visits the values at a place; what is not there is not visited.
  fileprivate mutating func visit(_ place: ArraySlice<String>, _ body: (inout JSONValue) -> Void) {
    guard let step = place.first else { return body(&self) }
    switch self {
    case .array(var elements) where step == MemberNames.everyElement:
      for index in elements.indices { elements[index].visit(place.dropFirst(), body) }
      self = .array(elements)
    case .object(var members):
      members[step]?.visit(place.dropFirst(), body)
      self = .object(members)
    default: break
    }
  }
}
