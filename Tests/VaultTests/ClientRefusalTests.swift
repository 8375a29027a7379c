import Foundation
import Model
import PostgreSQL
import ServiceKit
import TestSupport
import Testing

@testable import VaultKit

/// A provider that knows none of an Integration's client secrets: everything of the Integration waits, nothing of it changes.
@Suite struct ClientRefusalTests {
  /// Two people with Connections under one Integration whose client the provider refuses: the first's refresh has just met it.
  private func refused(
    _ vault: VaultUnderTest, tokens: (Person) -> TokenSet
  ) async throws -> (people: [Person], connections: [ConnectionID]) {
    let ada = Person()
    var grace = ada
    grace.user = .random()
    _ = try await ada.putSecret("wrong", vault)
    let ids = [
      try await ada.connect(vault, tokens: tokens(ada)).id,
      try await grace.connect(vault, account: "grace", tokens: tokens(grace)).id,
    ]
    let lease = try #require(try await ada.beginRefresh(ids[0], vault).lease)
    try await refuse(lease, ids[0], vault)
    return ([ada, grace], ids)
  }

  private func refuse(_ lease: RefreshLease.Lease, _ id: ConnectionID, _ vault: VaultUnderTest) async throws {
    _ = try await vault.exchanger.call(
      RefreshEndpoints.fail,
      FailRefresh(
        lease: lease.reference(id), failure: .configError, reason: "invalid_client",
        secrets: ClientSecretVerdict(refused: [lease.secretVersions?.current ?? 0])))
  }

  private func letThePauseEnd(_ vault: VaultUnderTest) throws {
    _ = try vault.sql("UPDATE integration_incident SET next_try_at = clock_timestamp()")
  }

  private func shown(_ id: ConnectionID, _ person: Person, _ vault: VaultUnderTest) async throws -> Connection {
    try await vault.gateway.call(
      ConnectionEndpoints.show, Reference(id: id), grant: try person.grant([.list], vault))
  }

  @Test func everyConnectionSaysSoAndNoneIsTouched() async throws {
    try await VaultUnderTest.with { vault in
      let before = "SELECT string_agg(status || coalesce(reason, '') || failures, ',' ORDER BY id) FROM connection"
      let (people, ids) = try await refused(vault) { $0.tokens(lifetime: -1) }
      #expect(try vault.sql(before) == "active0,active0")
      for (person, id) in zip(people, ids) {
        let connection = try await shown(id, person, vault)
        #expect(connection.status == .configError && connection.reason == "invalid_client")
        #expect(connection.nextStep == .correctIntegration)
        #expect(await code { try await person.resolve(vault) } == .integrationMisconfigured)
        #expect(try await person.beginRefresh(id, vault).state == .notDue, "no refresh is begun, forced or not")
      }
      let listed = try await vault.gateway.call(
        ConnectionEndpoints.list, ListConnections(status: .configError, page: PageRequest(limit: 10)),
        grant: try people[0].administer(vault))
      #expect(Set(listed.items.map(\.id)) == Set(ids))
      #expect(try vault.sql("SELECT string_agg(type, ',') FROM event") == "integration.broken", "one alert for all")
    }
  }

  @Test func aTokenThatLivesIsServedMeanwhile() async throws {
    try await VaultUnderTest.with { vault in
      let (people, _) = try await refused(vault) { $0.tokens("alive") }
      for person in people { #expect(try await person.resolve(vault).accessToken?.text == "alive") }
    }
  }

  @Test func oneTrialAtATimeAndItsSuccessEndsIt() async throws {
    try await VaultUnderTest.with { vault in
      let (people, ids) = try await refused(vault) { $0.tokens(lifetime: -1) }
      try letThePauseEnd(vault)
      let trial = try #require(try await people[1].beginRefresh(ids[1], vault).lease)
      let other = try await people[0].beginRefresh(ids[0], vault)
      #expect(other.state != .leased, "the other waits for the trial")
      try await refuse(trial, ids[1], vault)
      #expect(try vault.sql("SELECT string_agg(type, ',') FROM event") == "integration.broken", "still one alert")

      try letThePauseEnd(vault)
      let again = try #require(try await people[0].beginRefresh(ids[0], vault).lease)
      _ = try await vault.exchanger.call(
        RefreshEndpoints.commit,
        CommitRefresh(
          lease: again.reference(ids[0]), tokens: people[0].tokens("fresh"), secrets: ClientSecretVerdict(accepted: 1)))
      #expect(try await people[0].resolve(vault).connection?.status == .active)
      #expect(try await people[1].beginRefresh(ids[1], vault, force: false).state == .leased)
      let told = try vault.sql("SELECT string_agg(type, ',' ORDER BY occurred_at) FROM event")
      #expect(told == "integration.broken,integration.recovered")
    }
  }

  /// Whoever reports a refusal locks the client and then the trail. A trial that did so the other way round and a report would wait for
  /// each other.
  @Test func aTrialWaitsForTheClientBeforeItTakesTheTrail() async throws {
    try await VaultUnderTest.with { vault in
      let (people, ids) = try await refused(vault) { $0.tokens(lifetime: -1) }
      try letThePauseEnd(vault)
      let organization = people[0].organization.rawValue
      try await withPostgresClient(vault.storage.database.owner) { other in
        let trial = try await other.transaction(in: VaultSchema.context(organization)) { transaction in
          try await transaction.query(
            "SELECT FROM integration_incident WHERE organization_id = \(organization) FOR UPDATE")
          let trial = Task { try await people[1].beginRefresh(ids[1], vault) }
          let waiting = """
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            """
          while try vault.sql(waiting) == "0" { try await letOthersRun() }
          let head = try vault.sql(
            """
            SET lock_timeout = '5s';
            SELECT count(*) FROM (SELECT FROM audit_head WHERE organization_id = '\(organization)' FOR UPDATE) AS head
            """)
          #expect(head == "1", "nobody holds the trail")
          return trial
        }
        #expect(try await trial.value.state == .leased)
      }
    }
  }

  @Test func anotherSecretEndsItAtOnce() async throws {
    try await VaultUnderTest.with { vault in
      let (people, ids) = try await refused(vault) { $0.tokens(lifetime: -1) }
      _ = try await people[0].putSecret("right", vault)
      for (person, id) in zip(people, ids) {
        #expect(try await shown(id, person, vault).status == .active)
        #expect(try await person.resolve(vault).outcome == .refreshRequired)
        #expect(try await person.beginRefresh(id, vault, force: false).lease?.clientSecret?.text == "right")
      }
    }
  }

  @Test func aRefusalOfASecretThatWasReplacedMeanwhileChangesNothing() async throws {
    try await VaultUnderTest.with { vault in
      let ada = Person()
      _ = try await ada.putSecret("wrong", vault)
      let id = try await ada.connect(vault, tokens: ada.tokens(lifetime: -1)).id
      let slow = try #require(try await ada.beginRefresh(id, vault).lease)
      _ = try await ada.putSecret("right", vault)
      try await refuse(slow, id, vault)
      #expect(try await shown(id, ada, vault).status == .active)
      #expect(try vault.sql("SELECT count(*) FROM integration_incident") == "0")
    }
  }

  @Test func everyStatusButActiveHasANextStep() {
    let steps = Connection.Status.allCases.map { Connection.NextStep(after: $0) }
    #expect(steps == [nil, .wait, .reconnect, .correctIntegration, .resume, .connect])
  }
}
