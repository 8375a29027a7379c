import Crypto
import Foundation
import Model
import Testing

@testable import Sealing

@Suite struct OrganizationKeyTests {
  @Test func anOrganizationKeyComesBackFromItsWrappedForm() async throws {
    let folder = try TemporaryFolder()
    let management = try FileKeyManagement(path: try KeyringFile.example(in: folder).path)
    let made = try await OrganizationKey.make(organizationId: "org_a", version: 1, using: management)
    #expect(made.wrapped.organizationId == "org_a" && made.wrapped.version == 1)
    let stored = try Sealer().seal(Secret([1, 2, 3]), at: .example, under: made.key)
    let again = try await made.wrapped.unwrap(using: management)
    #expect(try Sealer().open(stored, at: .example, under: again).expose { $0 } == [1, 2, 3])
  }

  @Test func aWrappedKeyMovedToAnotherOrganizationOrVersionIsRefused() async throws {
    let folder = try TemporaryFolder()
    let management = try FileKeyManagement(path: try KeyringFile.example(in: folder).path)
    let made = try await OrganizationKey.make(organizationId: "org_a", version: 1, using: management)
    for (organization, version) in [("org_b", UInt32(1)), ("org_a", 2), ("org_a1", 1), ("org_", 1)] {
      let moved = WrappedOrganizationKey(organizationId: organization, version: version, wrapped: made.wrapped.wrapped)
      await #expect(throws: KeyManagementError.refused(id: "r-1")) { try await moved.unwrap(using: management) }
    }
  }

  @Test func aWrongRootKeyOfTheSameNameIsRefused() async throws {
    let folder = try TemporaryFolder()
    let other = try TemporaryFolder()
    let management = try FileKeyManagement(path: try KeyringFile.example(in: folder).path)
    let wrong = try FileKeyManagement(path: try KeyringFile.example(in: other).path)
    let made = try await OrganizationKey.make(organizationId: "org_a", version: 1, using: management)
    await #expect(throws: KeyManagementError.refused(id: "r-1")) { try await made.wrapped.unwrap(using: wrong) }
  }

  @Test func rewrappingKeepsTheKeyAndMovesItUnderThePrimary() async throws {
    let folder = try TemporaryFolder()
    let file = try KeyringFile.example(in: folder)
    let management = try FileKeyManagement(path: file.path)
    let made = try await OrganizationKey.make(organizationId: "org_a", version: 1, using: management)
    try file.update { keyring in
      try keyring.addKey(id: "r-2")
      try keyring.makePrimary("r-2")
    }
    try await management.reload()
    let moved = try await made.wrapped.rewrapped(using: management)
    #expect(moved.wrapped.keyId == "r-2")
    #expect(try await moved.unwrap(using: management).key == made.key.key)
  }
}

@Suite struct OrganizationKeyCacheTests {
  @Test func aKeyIsUnwrappedOnceAndThenHeldUntilItsTimeIsUp() async throws {
    let folder = try TemporaryFolder()
    let management = try FileKeyManagement(path: try KeyringFile.example(in: folder).path)
    let clock = ManualClock()
    let cache = OrganizationKeyCache(lifetime: .seconds(3_600), capacity: 10, now: { clock.now })
    let wrapped = try await OrganizationKey.make(organizationId: "org_a", version: 1, using: management).wrapped
    let loads = Guarded(0)
    func key() async throws -> OrganizationKey {
      try await cache.key(of: "org_a", version: 1, using: management) {
        loads.update { $0 += 1 }
        return wrapped
      }
    }
    for _ in 0..<5 { _ = try await key() }
    #expect(loads.value == 1)
    clock.advance(by: .seconds(599))
    _ = try await key()
    #expect(loads.value == 1)
    // The lifetime asked for was an hour; ten minutes is the most there is.
    clock.advance(by: .seconds(1))
    #expect(cache.key(of: "org_a", version: 1) == nil)
    _ = try await key()
    #expect(loads.value == 2)
  }

  @Test func theCacheNeverHoldsMoreThanItsCapacityAndDropsTheOldest() {
    let cache = OrganizationKeyCache(capacity: 3)
    for index in 0..<100 { cache.insert(.example(organizationId: "org_\(index)")) }
    #expect(cache.count == 3)
    #expect(cache.key(of: "org_96", version: 2) == nil)
    #expect((97...99).allSatisfy { cache.key(of: "org_\($0)", version: 2) != nil })
  }

  @Test func removedAndReplacedKeysDoNotDisturbTheOrder() {
    let clock = ManualClock()
    let cache = OrganizationKeyCache(lifetime: .seconds(10), capacity: 4, now: { clock.now })
    for _ in 0..<1_000 {
      cache.insert(.example(organizationId: "org_a"))
      cache.insert(.example(organizationId: "org_a", version: 3))
      cache.remove("org_a")
    }
    #expect(cache.count == 0)
    cache.insert(.example(organizationId: "org_b"))
    clock.advance(by: .seconds(6))
    cache.insert(.example(organizationId: "org_b"))
    cache.insert(.example(organizationId: "org_c"))
    clock.advance(by: .seconds(6))
    cache.removeExpired()
    #expect(cache.key(of: "org_b", version: 2) != nil, "inserted again six seconds ago")
    #expect(cache.count == 2)
    clock.advance(by: .seconds(6))
    cache.removeExpired()
    #expect(cache.count == 0)
  }

  @Test func removingAnOrganizationForgetsEveryVersionAndNobodyElse() {
    let cache = OrganizationKeyCache()
    for version in UInt32(1)...5 { cache.insert(.example(version: version)) }
    cache.insert(.example(organizationId: "org_b"))
    cache.remove("org_a")
    #expect(cache.count == 1)
    #expect(cache.key(of: "org_b", version: 2) != nil)
    cache.removeAll()
    #expect(cache.count == 0)
  }

  @Test func manyTasksShareTheCache() async {
    let cache = OrganizationKeyCache(capacity: 50)
    let wrong = await withTaskGroup(of: Int.self) { group in
      for task in 0..<16 {
        group.addTask {
          var wrong = 0
          for round in 0..<2_000 {
            let organization = "org_\((task * 7 + round) % 80)"
            if let key = cache.key(of: organization, version: 2) {
              if key.organizationId != organization { wrong += 1 }
            } else {
              cache.insert(.example(organizationId: organization))
            }
          }
          return wrong
        }
      }
      return await group.reduce(0, +)
    }
    #expect(wrong == 0)
    #expect(cache.count <= 50)
  }
}
