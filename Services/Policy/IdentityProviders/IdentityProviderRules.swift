import Model
import Providers

/// What an identity provider must look like. Every failure names the field and never repeats the value.
struct IdentityProviderRules: Sendable {
  /// Characters of a claim's name or pointer, and of a value that maps to a role.
  private static let claimLength = 200
  /// Values that map to roles: nobody keeps track of more.
  private static let mappingCount = 100
  /// Domains of one organization.
  private static let domainCount = 50
  /// Characters of a domain (RFC 1035 section 2.3.4).
  private static let domainLength = 253
  private static let standardScopes = ["openid", "email", "profile"]
  /// Where everybody in the world has an account: without a domain, everybody in the world would be a member.
  private static let publicIssuers: Set<String> = [
    "https://accounts.google.com", "https://appleid.apple.com",
    "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
  ]

  /// `host:port` entries of the operator's allow list: providers there may use http.
  let insecureHosts: Set<String>

  func scopes(of request: PutIdentityProvider) throws -> [String] {
    let scopes = try TextRules.scopes(request.scopes ?? Self.standardScopes, field: "scopes")
    guard scopes.contains("openid") else { throw Self.invalid("scopes", "must have openid.") }
    guard !scopes.contains("offline_access") else {
      throw Self.invalid("scopes", "must not have offline_access: signing in needs no refresh token.")
    }
    return scopes
  }

  func mapping(of request: PutIdentityProvider) throws -> ClaimMapping {
    try checkClient(request)
    for (field, claim) in [
      ("roleClaim", request.roleClaim), ("groupsClaim", request.groupsClaim), ("linkClaim", request.linkClaim),
    ] {
      try TextRules.check(claim, field: field, maximum: Self.claimLength)
      guard claim?.hasPrefix("/") != true || claim.flatMap(JSONPointer.init) != nil else {
        throw Self.invalid(field, "must be the name of a claim, or a JSON pointer (RFC 6901).")
      }
    }
    guard (request.roleClaim == nil) == (request.roleMapping == nil) else {
      throw Self.invalid("roleMapping", "and roleClaim belong together: give both or none.")
    }
    let roles = request.roleMapping ?? [:]
    guard request.roleMapping == nil || (1...Self.mappingCount).contains(roles.count) else {
      throw Self.invalid("roleMapping", "must have 1 to \(Self.mappingCount) entries.")
    }
    for value in roles.keys { try TextRules.check(value, field: "roleMapping", maximum: Self.claimLength) }
    return ClaimMapping(
      roleClaim: request.roleClaim, roleMapping: request.roleMapping, groupsClaim: request.groupsClaim,
      linkClaim: request.linkClaim, allowedDomains: try domains(of: request))
  }

  private func checkClient(_ request: PutIdentityProvider) throws {
    guard request.issuer.utf8.count <= PolicyLimits.issuerLength, let url = ProviderURL(request.issuer),
      url.query == nil
    else { throw Self.invalid("issuer", "must be a plain https URL without user name, query and fragment.") }
    guard url.isHTTPS || insecureHosts.contains("\(url.host):\(url.port ?? 80)") else {
      throw Self.invalid("issuer", "must use https; http is for hosts on the operator's egress allow list only.")
    }
    try TextRules.check(request.clientId, field: "clientId", maximum: PolicyLimits.clientIdLength)
    if let secret = request.clientSecret?.secret {
      guard secret.expose({ (1...PolicyLimits.clientSecretBytes).contains($0.utf8.count) }) else {
        throw Self.invalid("clientSecret", "must have 1 to \(PolicyLimits.clientSecretBytes) bytes.")
      }
    }
  }

  private func domains(of request: PutIdentityProvider) throws -> [String]? {
    guard let domains = request.allowedDomains else {
      guard !Self.publicIssuers.contains(request.issuer) else {
        throw Self.invalid("allowedDomains", "is missing: everybody has an account at this provider.")
      }
      return nil
    }
    guard (1...Self.domainCount).contains(domains.count) else {
      throw Self.invalid("allowedDomains", "must have 1 to \(Self.domainCount) entries; leave it out to allow any.")
    }
    return try Array(Set(domains.map { $0.lowercased() })).sorted().map { domain in
      guard Self.isDomain(domain) else { throw Self.invalid("allowedDomains", "holds a text that is not a domain.") }
      return domain
    }
  }

  private static func isDomain(_ text: String) -> Bool {
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    return text.utf8.count <= domainLength && labels.count > 1
      && labels.allSatisfy { label in
        !label.isEmpty && !label.hasPrefix("-") && !label.hasSuffix("-")
          && label.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
              || $0 == UInt8(ascii: "-")
          }
      }
  }

  private static func invalid(_ field: String, _ problem: String) -> ServiceError {
    MCPServerRules.invalid(field, problem)
  }
}
