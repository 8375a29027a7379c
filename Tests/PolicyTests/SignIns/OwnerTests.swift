import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

@Suite("Roles")
struct OwnerTests {
  private func set(_ role: Role, of id: UserID, by credential: CredentialHash, _ policy: PolicyFixture) async
    -> ErrorCode?
  {
    await refusal {
      try await policy.gateway.call(UserEndpoints.update, OnBehalf(credential, Targeted(id, UpdateUser(role: role))))
    }
  }

  @Test func ofTwoOwnersWhoAreDemotedAtOnceOneStays() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let ada = try await tenant.createSession(CreateSession(user: .init(id: "ada"), role: .owner)).userId
      let bob = try await tenant.createSession(CreateSession(user: .init(id: "bob"), role: .owner)).userId
      let codes = await withTaskGroup(of: ErrorCode?.self) { group in
        for number in 0..<20 {
          group.addTask { await set(.member, of: number % 2 == 0 ? ada : bob, by: tenant.apiKey, policy) }
        }
        return await group.reduce(into: [ErrorCode?]()) { $0.append($1) }
      }
      #expect(codes.allSatisfy { $0 == nil || $0 == .lastOwner } && codes.contains(.lastOwner))
      #expect(try policy.database.superuser("SELECT count(*) FROM member WHERE role = 'owner'") == "1\n")
    }
  }

  @Test func onlyOwnersMakeAndUnmakeOwners() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let owner = try await tenant.createSession(CreateSession(user: .init(id: "owner"), role: .owner))
      let member = try await tenant.createSession(CreateSession(user: .init(id: "member")))
      let admin = try await tenant.session("admin", role: .admin)
      #expect(await set(.owner, of: member.userId, by: admin, policy) == .forbidden)
      #expect(await set(.member, of: owner.userId, by: admin, policy) == .forbidden)
      #expect(await set(.admin, of: member.userId, by: admin, policy) == nil)
      #expect(await set(.owner, of: member.userId, by: Tenant.hash(owner.token.secret), policy) == nil)
      #expect(await set(.admin, of: owner.userId, by: tenant.apiKey, policy) == nil, "there is another one now")
      let other = try await policy.makeTenant("Other")
      #expect(await set(.member, of: member.userId, by: other.apiKey, policy) == .notFound)
      let actions = try policy.database.superuser(
        "SELECT string_agg(details ->> 'to', ' ' ORDER BY seq) FROM audit_entry WHERE action = 'user.changed'")
      #expect(actions == "admin owner admin\n")
    }
  }
}
