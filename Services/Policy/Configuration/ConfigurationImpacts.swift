import Model
import Rules

/// Says who could do what after a plan is carried out.
struct ConfigurationImpacts: Sendable {
  let worlds: AccessWorldReader
  let rules: RuleSets
  let impacts: ImpactService

  func impact(of plan: ConfigurationPlan, by principal: Principal) async throws -> Impact {
    let inForce = try await rules.current(of: principal.organizationId)
    let previewed = try PreviewedRules(
      RulePreviewRequest(
        rules: RuleDraftList((plan.rules.created + plan.rules.changed.map(\.after)).map(\.draft)),
        remove: plan.rules.changed.map(\.before.id) + plan.rules.deleted.map(\.id),
        defaultEffect: plan.defaultEffect?.after), inForce)
    var before = try await worlds.world(under: inForce, and: previewed.after)
    for charm in plan.charms.changed.map(\.before) + plan.charms.deleted { before.charms[charm.id] = charm }
    for application in plan.applications.changed.map(\.before) + plan.applications.deleted {
      before.applications[application.id] = application
    }
    var after = before
    after.rules = previewed.after
    Self.change(&after, by: plan)
    let charms = Set(before.charms.keys).union(after.charms.keys)
    let applications = previewed.namedApplications.union(before.applications.keys).union(after.applications.keys)
    return try await impacts.impact(
      of: Proposal(
        before: before, after: after, agents: AccessWorld.agents(charms, applications), connections: .ofChanges),
      by: principal)
  }

  private static func change(_ world: inout AccessWorld, by plan: ConfigurationPlan) {
    for record in plan.integrations.created + plan.integrations.changed.map(\.after) { world.set(record) }
    for record in plan.integrations.deleted { world.integrations[record.id] = nil }
    for record in plan.servers.created + plan.servers.changed.map(\.after) { world.set(record) }
    for record in plan.servers.deleted { world.servers[record.id] = nil }
    for charm in plan.charms.created + plan.charms.changed.map(\.after) { world.charms[charm.id] = charm }
    for charm in plan.charms.deleted { world.charms[charm.id] = nil }
    for application in plan.applications.created + plan.applications.changed.map(\.after) {
      world.applications[application.id] = application
    }
    for application in plan.applications.deleted { world.applications[application.id] = nil }
  }
}
