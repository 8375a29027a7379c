import Foundation
import Model

/// Reads a person off the claims of a verified ID token, the way the organization says.
struct ClaimMapping: Sendable, Hashable {
  var roleClaim: String?
  var roleMapping: [String: Role]?
  var groupsClaim: String?
  var linkClaim: String?
  var allowedDomains: [String]?

  /// Bytes of a subject (OpenID Connect Core section 2).
  private static let subjectLength = 255
  /// Seconds since 1970 that a time may have: what a date with four digits of a year can say.
  private static let times = 0.0...253_402_300_799

  /// A person as their identity provider speaks of them.
  struct Person: Sendable, Hashable {
    var subject: String
    var email: String?
    var name: String?
    /// Nil where the organization's roles are its own business.
    var role: Role?
    /// Nil where its groups are.
    var groups: [String]?
    /// The host platform's id.
    var linkedId: String?
    /// When they proved themselves.
    var authenticatedAt: Date?
  }

  /// - Throws: ``SignInRefusal`` for claims that leave open who that is, or for somebody who may not sign in.
  func person(in claims: JSONValue) throws -> Person {
    guard case .string(let subject)? = claims["sub"], (1...Self.subjectLength).contains(subject.utf8.count) else {
      throw SignInRefusal.noSubject
    }
    try requireDomain(claims)
    // An address that the provider itself does not vouch for is not shown as theirs.
    let isDoubtful = claims["email_verified"] == false || claims["email_verified"]?.text == "false"
    return Person(
      subject: subject,
      email: isDoubtful ? nil : Self.line(claims["email"], field: "email", maximum: PolicyLimits.emailLength),
      name: Self.line(claims["name"], field: "name", maximum: PolicyLimits.nameLength),
      role: roleClaim.map { role(in: texts(at: $0, in: claims)) }, groups: try groups(in: claims),
      linkedId: try linkedId(in: claims),
      authenticatedAt: Self.time(claims["auth_time"]))
  }

  /// A number and nothing that spells one (OpenID Connect Core section 2): "nan" would be a time that is neither early nor late, and what
  /// is held against it would never end.
  private static func time(_ claim: JSONValue?) -> Date? {
    let seconds: Double
    switch claim {
    case .integer(let value)?: seconds = Double(value)
    case .number(let value)?: seconds = value
    default: return nil
    }
    return times.contains(seconds) ? Date(timeIntervalSince1970: seconds) : nil
  }

  /// The highest role that a value maps to; a person without any is a member.
  private func role(in values: [String]) -> Role {
    let roles = values.compactMap { roleMapping?[$0] }
    return roles.contains(.owner) ? .owner : roles.contains(.admin) ? .admin : .member
  }

  /// Never fewer than the provider says: a rule may refuse something to a group.
  private func groups(in claims: JSONValue) throws -> [String]? {
    guard let groupsClaim else { return nil }
    // OpenID Connect Core section 5.6.2: they stand elsewhere.
    guard claims["_claim_names"]?[groupsClaim] == nil else { throw SignInRefusal.groupsElsewhere }
    let groups = texts(at: groupsClaim, in: claims)
    guard groups.count <= PolicyLimits.groupCount,
      groups.allSatisfy({ Self.line(.string($0), field: "groups", maximum: PolicyLimits.nameLength) != nil })
    else { throw SignInRefusal.unusableGroups }
    return Array(Set(groups)).sorted()
  }

  private func linkedId(in claims: JSONValue) throws -> String? {
    guard let linkClaim else { return nil }
    guard let id = texts(at: linkClaim, in: claims).first, (try? TextRules.check(externalId: id)) != nil else {
      throw SignInRefusal.notLinked
    }
    return id
  }

  /// OpenID Connect Core section 5.1: an address says something only when the provider has verified it.
  private func requireDomain(_ claims: JSONValue) throws {
    guard let allowedDomains else { return }
    let isVerified = claims["email_verified"] == true || claims["email_verified"]?.text == "true"
    guard isVerified, let email = claims["email"]?.text, let at = email.lastIndex(of: "@"),
      allowedDomains.contains(email[email.index(after: at)...].lowercased())
    else { throw SignInRefusal.otherDomain }
  }

  /// A text or a list of texts.
  private func texts(at claim: String, in claims: JSONValue) -> [String] {
    let place = claim.hasPrefix("/") ? JSONPointer(claim) : .member(claim)
    switch place?.evaluate(in: claims) {
    case .array(let items)?: return items.compactMap(\.text)
    case let value?: return value.text.map { [$0] } ?? []
    case nil: return []
    }
  }

  private static func line(_ value: JSONValue?, field: String, maximum: Int) -> String? {
    guard let text = value?.text, (try? TextRules.check(text, field: field, maximum: maximum)) != nil else {
      return nil
    }
    return text
  }
}
