import Foundation
import Model
import Testing

@testable import PolicyKit

@Suite("Claims")
struct ClaimMappingTests {
  private static let mapping = ClaimMapping(
    roleClaim: "roles", roleMapping: ["boss": .owner, "helper": .admin], groupsClaim: "/realm/groups",
    linkClaim: "employee")

  private func person(
    _ changes: [String: JSONValue?], _ mapping: ClaimMapping = mapping
  ) throws -> ClaimMapping.Person {
    var claims: [String: JSONValue] = ["sub": "ada", "employee": "e1"]
    for (name, value) in changes { claims[name] = value }
    return try mapping.person(in: .object(claims))
  }

  @Test(
    arguments: [
      ("helper", Role.admin), (["boss", "helper"], .owner), (["helper", "boss"], .owner), ("reader", .member),
      ([], .member), (nil, .member), (["helper", 7], .admin), (.object(["boss": true]), .member), ("BOSS", .member),
    ] as [(JSONValue?, Role)])
  func theHighestRoleThatAValueMapsToCounts(_ value: JSONValue?, _ role: Role) throws {
    #expect(try person(["roles": value]).role == role)
  }

  @Test func withoutAMappingRolesAndGroupsAreTheOrganizationsOwn() throws {
    let person = try person(["roles": "boss", "realm": ["groups": ["a"]]], ClaimMapping())
    #expect(person.role == nil && person.groups == nil && person.linkedId == nil)
  }

  @Test func groupsAreReadWholeOrNotAtAll() throws {
    #expect(try person(["realm": ["groups": ["b", "a", "b"]]]).groups == ["a", "b"])
    #expect(try person([:]).groups == [])
    let many = JSONValue.array((0..<101).map { .string("group-\($0)") })
    #expect(throws: SignInRefusal.unusableGroups) { try person(["realm": ["groups": many]]) }
    #expect(throws: SignInRefusal.unusableGroups) { try person(["realm": ["groups": ["a\u{0}"]]]) }
    let elsewhere = ClaimMapping(groupsClaim: "groups")
    #expect(throws: SignInRefusal.groupsElsewhere) {
      try person(["_claim_names": ["groups": "src1"]], elsewhere)
    }
  }

  @Test(arguments: [nil, "", 7, ["ada"], .string(String(repeating: "x", count: 256))] as [JSONValue?])
  func aSubjectIsATextOfItsOwn(_ subject: JSONValue?) {
    #expect(throws: SignInRefusal.noSubject) { try person(["sub": subject]) }
  }

  @Test(
    arguments: [
      (true, "ada@example.com", true), (true, "ada@EXAMPLE.com", true), ("true", "ada@example.com", true),
      (false, "ada@example.com", false), (nil, "ada@example.com", false), (1, "ada@example.com", false),
      (true, "ada@sub.example.com", false), (true, "ada@example.com@evil.example", false),
      (true, "ada@evilexample.com", false), (true, "example.com", false), (true, nil, false),
    ] as [(JSONValue?, JSONValue?, Bool)])
  func onlyAVerifiedAddressOfTheDomainSignsIn(_ verified: JSONValue?, _ email: JSONValue?, _ passes: Bool) {
    let mapping = ClaimMapping(allowedDomains: ["example.com"])
    let person = try? person(["email": email, "email_verified": verified], mapping)
    #expect((person != nil) == passes)
  }

  @Test func aDoubtfulAddressIsNotShownAsTheirs() throws {
    #expect(try person(["email": "ada@example.com"]).email == "ada@example.com")
    #expect(try person(["email": "ada@example.com", "email_verified": false]).email == nil)
    #expect(try person(["email": "a\nb", "name": 7]).email == nil)
  }

  @Test(
    arguments: [
      (.integer(1_700_000_000), 1_700_000_000), (.number(1_700_000_000.5), 1_700_000_000.5), (.integer(0), 0),
      ("1700000000", nil), ("nan", nil), ("inf", nil), (.number(.nan), nil), (.number(.infinity), nil),
      (.number(1e300), nil), (.integer(-1), nil), (.integer(.max), nil), (true, nil), (["nan"], nil), (nil, nil),
    ] as [(JSONValue?, Double?)])
  func whenTheyProvedThemselvesIsANumberOfSeconds(_ claim: JSONValue?, _ seconds: Double?) throws {
    #expect(try person(["auth_time": claim]).authenticatedAt?.timeIntervalSince1970 == seconds)
  }

  @Test(arguments: [nil, "", "identity-provider:usr_1"] as [JSONValue?])
  func whoIsToBeLinkedMustBeNamed(_ id: JSONValue?) {
    #expect(throws: SignInRefusal.notLinked) { try person(["employee": id]) }
  }
}
