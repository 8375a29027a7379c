"""Impact before saving, with real Connections: what `?dryRun=true` tells is what then happens."""

import random
import secrets

from harness import application
from localstack.api import API

CHANGES = 40


class Setting:
    """A tenant whose members have accounts in two Applications, and at an MCP server that works with members' own accounts."""

    def __init__(self, world, tenant):
        self.tenant, self.owner = tenant, tenant.owner
        self.integration = tenant.integration["id"]
        self.inbox, self.notes = application("inbox"), application("notes")
        self.members: dict[str, API] = {}
        self.connections: dict[str, tuple[API, dict]] = {}
        for name in ("maya", "noor", "omar"):
            session = tenant.member(name)
            self.members[tenant.user(session)] = session
            for each in (self.inbox, self.notes):
                auth = world.harness.connect(session, tenant.integration, world.party, each)
                self.connections[auth["id"]] = (session, each)
        self.owner.call("POST", "/v1/charms", {
            "id": "clerk", "name": "Clerk", "mcpServers": [{"mcpServerId": tenant.server["id"]}]})

    def change(self, rng: random.Random) -> tuple[str, str, dict]:
        """Path, and body of a PATCH."""
        app = rng.choice([self.inbox, self.notes])["id"]
        return rng.choice([
            (f"/v1/integrations/{self.integration}", {"status": rng.choice(["enabled", "disabled"])}),
            (f"/v1/applications/{app}", {"state": rng.choice(["allowed", "blocked"])}),
            (f"/v1/applications/{app}", {"tokenRelease": rng.choice(["release", "gatewayOnly"])}),
            (f"/v1/mcp-servers/{self.tenant.server['id']}", {"allowedTools": rng.sample(["echo", "whoami", "count"], 2)}),
            ("/v1/charms/clerk", {"mcpServers": rng.choice([[], [{"mcpServerId": self.tenant.server["id"]}]])}),
        ])

    def usable(self) -> set[str]:
        """The Connections whose tokens are handed out."""
        # A new session asks anew: what was allowed before is not kept.
        fresh = {user: self.tenant.organization.host.session(name) for user, name in zip(self.members, ("maya", "noor", "omar"))}
        found = set()
        for connection, (session, app) in self.connections.items():
            user = next(user for user, each in self.members.items() if each is session)
            answer = fresh[user].raw("POST", "/v1/auth/resolve", {
                "integrationId": self.integration, "connectionKey": connection, "application": app})
            if answer.status == 200 and answer.json()["status"] == "ready":
                found.add(connection)
        return found


def told(impact: dict) -> set[str]:
    return set(impact["affected"]["connections"]["first"])


def test_what_is_told_is_what_then_happens(world, tenant):
    setting = Setting(world, tenant)
    seed = secrets.randbits(32)
    rng = random.Random(seed)
    before, changed = setting.usable(), 0
    assert len(before) == len(setting.connections)
    for _ in range(CHANGES):
        path, body = setting.change(rng)
        impact = tenant.owner.call("PATCH", f"{path}?dryRun=true", body)
        tenant.owner.call("PATCH", path, body)
        after = setting.usable()
        differing = before ^ after
        # A change may be about more Connections than it opens or closes: a second lock on a closed door.
        assert differing <= told(impact), f"{path} {body} (seed {seed})"
        members = {user for user, session in setting.members.items()
                   if any(setting.connections[each][0] is session for each in differing)}
        assert members <= set(impact["affected"]["members"]["first"]), f"{path} {body} (seed {seed})"
        if not impact["changes"] and not told(impact):
            assert after == before, f"{path} {body} (seed {seed})"
        changed += len(differing)
        before = after
    print(f"figure: {CHANGES} changes asked about first, {changed} Connections opened or closed, each of them foretold")
    assert changed > 0


def test_deleting_an_integration_revokes_the_connections_that_were_told(world, tenant):
    setting = Setting(world, tenant)
    path = f"/v1/integrations/{setting.integration}"
    impact = tenant.owner.call("DELETE", f"{path}?dryRun=true")
    assert told(impact) == set(setting.connections)
    assert impact["affected"]["connections"]["count"] == len(setting.connections)
    assert set(setting.members) <= set(impact["affected"]["members"]["first"])
    assert tenant.owner.call("GET", path)["status"] == "enabled" and setting.usable() == set(setting.connections)
    tenant.owner.call("DELETE", f"{path}?revoke=true")
    page = tenant.owner.call("GET", f"/v1/connections?integrationId={setting.integration}&status=revoked&limit=200")
    assert {each["id"] for each in page["items"]} == told(impact)


def test_a_preview_of_rules_names_the_connections(world, tenant):
    setting = Setting(world, tenant)
    draft = {"name": "Nothing", "effect": "deny", "resources": {"integrations": [setting.integration]},
             "subjects": {"applications": [setting.inbox["id"]]}}
    affected = tenant.owner.call("POST", "/v1/rules/preview", {"rules": [draft]})["affected"]
    inside = {connection for connection, (_, app) in setting.connections.items() if app is setting.inbox}
    assert set(affected["connections"]["first"]) == inside
    assert affected["applications"]["first"] == [setting.inbox["id"]]
    assert affected["integrations"] == {"count": 1, "first": [setting.integration]}


def test_a_member_asks_in_vain_and_a_wrong_change_fails_as_it_would(tenant):
    path = f"/v1/integrations/{tenant.integration['id']}"
    for method, body in [("PATCH", {"name": "x"}), ("DELETE", None)]:
        assert tenant.member("maya").raw(method, f"{path}?dryRun=true", body).status == 403
    assert tenant.owner.raw("PATCH", f"{path}?dryRun=true", {"maximumScopes": []}).status == 400
    assert tenant.owner.raw("PATCH", f"{path}?dryRun=perhaps", {"name": "x"}).status == 400
    assert tenant.owner.raw("DELETE", f"/v1/rules/rul_{'a' * 26}?dryRun=true").status == 400
