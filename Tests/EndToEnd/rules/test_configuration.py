"""`GET|PUT /v1/configuration`: an organization as one document, carried to another one, applied again, and refused with every reason."""

import json
import os
import random
import secrets

import pytest
from localstack.api import Problem

# Documents of the random walk; each is applied twice.
DOCUMENTS = int(os.environ.get("LANYARD_TEST_CONFIGURATIONS", "40"))
TOOLS = ("echo", "count", "whoami")
PEOPLE = ("maya", "noah")


def put(caller, document: dict, query: str = "", **more) -> dict:
    return caller.call("PUT", f"/v1/configuration{query}", {"configuration": document, **more})


def named(entries: list[dict]) -> set[tuple[str, str]]:
    return {(entry["kind"], entry["name"]) for entry in entries}


def furnished(tenant) -> dict[str, str]:
    """Gives an organization something of every kind, with a rule that names people and things; returns the secrets."""
    owner = tenant.owner
    values = {"open-token": "static-" + secrets.token_hex(8), "practice-client-secret": "client-" + secrets.token_hex(8)}
    owner.call("POST", "/v1/mcp-servers", {
        "name": "Tokens", "url": "https://mcp.example.com/mcp", "description": "One token for everyone",
        "auth": {"type": "staticToken", "token": values["open-token"], "header": "X-Key"}, "allowedTools": ["read", "write"]})
    owner.call("POST", "/v1/mcp-servers", {
        "name": "Accounts", "url": "https://accounts.example.com/mcp", "pinning": True,
        "auth": {"type": "oauth", "integrationId": tenant.integration["id"]}})
    owner.call("POST", "/v1/charms", {"id": "helper", "name": "Helper", "mcpServers": [
        {"mcpServerId": tenant.server["id"], "allowedTools": ["echo"]}]})
    for name in PEOPLE:
        tenant.member(name, groups=["sales"] if name == "maya" else [])
    tenant.rule("deny", "No counting for Maya", subjects={"users": [tenant.user(tenant.member("maya"))]},
                resources={"tools": ["count"], "mcpServers": [tenant.server["id"]]})
    tenant.rule("allow", "Echo for sales", subjects={"groups": ["sales"]},
                resources={"mcpServers": [tenant.server["id"]], "tools": ["echo", "count"]})
    tenant.rule("allow", "Owners", subjects={"roles": ["owner"]})
    tenant.rule("allow", "The Integration", mode="shadow", resources={"integrations": [tenant.integration["id"]]})
    owner.call("PATCH", "/v1/organization", {"defaultEffect": "deny"})
    return values


def decisions(tenant) -> dict[tuple, tuple[str, bool]]:
    """What everybody may do with each tool, and whether a rule decided it."""
    servers = {server["name"]: server["id"] for server in tenant.owner.call("GET", "/v1/mcp-servers")["items"]}
    found = {}
    for person in PEOPLE:
        user = tenant.user(tenant.member(person))
        for charm in (None, "helper"):
            for tool in TOOLS:
                subject = {"userId": user, **({"charmId": charm} if charm else {})}
                answer = tenant.owner.call("POST", "/v1/decisions", {
                    "subject": subject, "resource": {"mcpServerId": servers["Open"], "tool": tool}})
                found[(person, charm, tool)] = (answer["effect"], answer["decidingRule"].startswith("rul_"))
    return found


def test_an_export_makes_the_same_of_an_empty_organization(world, tenant):
    furnished(tenant)
    exported = tenant.owner.call("GET", "/v1/configuration")
    document = exported["configuration"]
    assert exported == tenant.owner.call("GET", "/v1/configuration"), "the same set-up, the same text"
    other = world.tenant()
    for path, noun in (("/v1/mcp-servers", other.server), ("/v1/integrations", other.integration)):
        other.owner.call("DELETE", f"{path}/{noun['id']}")
    for person in PEOPLE:
        other.member(person, groups=["sales"] if person == "maya" else [])
    references = {entry["clientSecret"]["secretRef"] for entry in document["integrations"] if "clientSecret" in entry}
    references |= {entry["auth"]["token"]["secretRef"] for entry in document["mcpServers"] if "token" in entry["auth"]}
    plan = put(other.owner, document, "?dryRun=true")
    assert plan["dryRun"] and set(plan["missingSecrets"]) == references
    assert other.owner.call("GET", "/v1/mcp-servers")["items"] == [], "a plan changes nothing"
    with pytest.raises(Problem) as refusal:
        put(other.owner, document)
    assert all(f'"{name}"' in refusal.value.detail for name in references), refusal.value.detail
    values = {name: "value-" + secrets.token_hex(8) for name in references}
    answer = other.owner.raw("PUT", "/v1/configuration", {"configuration": document, "secrets": values})
    assert answer.status == 200, answer.body
    report = answer.json()
    assert named(report["created"]) == named(plan["created"]) and ("organization", "defaultEffect") in named(report["changed"])
    again = other.owner.call("GET", "/v1/configuration")
    assert again["configuration"] == document and again["version"] == report["version"] == exported["version"]
    other.owner.call("POST", f"/v1/mcp-servers/{next(e['id'] for e in report['created'] if e['name'] == 'Open')}/tools/refresh")
    assert decisions(other) == decisions(tenant)
    second = put(other.owner, document, "?prune=true", secrets=values)
    assert not second["created"] + second["changed"] + second["deleted"], "applied twice changes nothing"
    for value in values.values():
        assert value not in json.dumps([report, again, second, other.owner.call("GET", "/v1/audit")])


def some_document(chance: random.Random, practice: dict, server_url: str) -> dict:
    """Some of the few names that there are, so that documents meet what earlier ones made."""
    integrations = [
        {**practice, "name": name, "defaultScopes": chance.sample(["profile", "email"], chance.randint(0, 2)),
         **({"status": "disabled"} if chance.random() < 0.3 else {})}
        for name in chance.sample(["First", "Second", "Third"], chance.randint(0, 3))]
    names = [entry["name"] for entry in integrations]
    servers = []
    for name in chance.sample(["Alpha", "Beta", "Gamma"], chance.randint(0, 3)):
        auth: dict = {"type": "none"}
        kind = chance.random()
        if kind < 0.3 and names:
            auth = {"type": "oauth", "integration": chance.choice(names)}
        elif kind < 0.6:
            auth = {"type": "staticToken", "token": {"secretRef": "token"}}
        server = {"name": name, "url": server_url, "auth": auth}
        if chance.random() < 0.5:
            server["allowedTools"] = chance.sample(TOOLS, chance.randint(0, 3))
        if chance.random() < 0.5:
            server["description"] = chance.choice(["One", "Another"])
        servers.append(server)
    known = [entry["name"] for entry in servers]
    charms = [
        {"id": id, "name": chance.choice(["Helper", "Writer"]), "mcpServers": [
            {"mcpServer": name} for name in chance.sample(known, chance.randint(0, len(known)))]}
        for id in chance.sample(["a", "b/c", "d e"], chance.randint(0, 3))]
    rules = []
    for name in chance.sample(["R1", "R2", "R3", "R4"], chance.randint(0, 4)):
        resources: dict = {"tools": chance.sample(TOOLS, chance.randint(1, 3))}
        if known:
            resources["mcpServers"] = chance.sample(known, chance.randint(1, len(known)))
        rules.append({"name": name, "effect": chance.choice(["allow", "deny"]), "mode": chance.choice(["enforce", "shadow"]),
                      "subjects": {"users": ["maya"]} if chance.random() < 0.5 else {}, "resources": resources})
    applications = [
        {"id": id, "state": chance.choice(["allowed", "blocked", "pending"])}
        for id in chance.sample(["app-1", "app-2"], chance.randint(0, 2))]
    return {"defaultEffect": chance.choice(["allow", "deny"]), "integrations": integrations, "mcpServers": servers,
            "charms": charms, "applications": applications, "rules": rules}


def test_whatever_is_applied_stands_and_is_applied_again_without_a_change(tenant):
    tenant.member("maya")
    exported = tenant.owner.call("GET", "/v1/configuration")["configuration"]["integrations"][0]
    practice = {name: exported[name] for name in ("provider", "clientId", "clientSecret", "variables", "custom") if name in exported}
    url = exported.get("custom", {}).get("providerUrl", "https://mcp.example.com") + "/mcp/open"
    values = {practice["clientSecret"]["secretRef"]: "x", "token": "y"}
    seed = secrets.randbits(32)
    chance = random.Random(seed)
    changes = 0
    for number in range(DOCUMENTS):
        document = some_document(chance, practice, url)
        said = {name: values[name] for name in values if f'"{name}"' in json.dumps(document)}
        plan = put(tenant.owner, document, "?prune=true&dryRun=true", secrets=said)
        report = put(tenant.owner, document, "?prune=true", secrets=said, version=plan["version"])
        for part in ("created", "changed", "deleted", "unchanged"):
            assert named(report[part]) == named(plan[part]), (seed, number, part)
        changes += len(report["created"]) + len(report["changed"]) + len(report["deleted"])
        again = put(tenant.owner, document, "?prune=true", secrets=said)
        assert not again["created"] + again["changed"] + again["deleted"], (seed, number, again)
        shown = tenant.owner.call("GET", "/v1/configuration")
        assert shown["version"] == report["version"] == again["version"]
        back = put(tenant.owner, shown["configuration"], "?prune=true&dryRun=true")
        assert not back["created"] + back["changed"] + back["deleted"], (seed, number, back)
        for list_name in ("integrations", "mcpServers", "charms", "rules"):
            key = "id" if list_name == "charms" else "name"
            assert {e[key] for e in shown["configuration"][list_name]} == {e[key] for e in document[list_name]}
    print(f"figure: {DOCUMENTS} random configurations applied twice, {changes} changes the first time, 0 the second (seed {seed})")
    assert changes > DOCUMENTS


BAD = {
    "surprise": 1,
    "defaultEffect": "maybe",
    "integrations": [
        {"name": "No client", "provider": "github"},
        {"name": "Secret in sight", "provider": "github", "clientId": "x", "clientSecret": "plain"},
        {"name": "Blank", "provider": "github", "clientId": "x", "clientSecret": {"secretRef": "Not A Name"}},
        {"name": "Odd", "provider": "custom", "clientId": "x", "custom": {"providerUrl": 1, "pkce": "never", "sendsIssuer": "yes"}},
    ],
    "mcpServers": [
        {"name": "No address", "auth": {"type": "none"}}, {"name": "Odd", "url": "https://a.example", "auth": {"type": "magic"}},
        {"name": "Odd list", "url": "https://a.example", "auth": {"type": "none"}, "allowedTools": "all", "pinning": 1},
    ],
    "charms": [{"name": "No id", "mcpServers": []}, {"id": "x", "name": "x", "mcpServers": [{"server": "Open"}]}],
    "applications": [{"id": "x", "state": "closed", "tokenRelease": "never"}, {"state": "blocked"}],
    "rules": [{"name": "No effect"}, {"name": "Empty", "effect": "deny", "resources": {"tools": []}}, {"effect": "deny", "more": 1}],
}
BAD_PLACES = {
    "/surprise", "/defaultEffect", "/integrations/0/clientId", "/integrations/1/clientSecret",
    "/integrations/2/clientSecret/secretRef", "/integrations/3/custom/providerUrl", "/integrations/3/custom/pkce",
    "/integrations/3/custom/sendsIssuer", "/mcpServers/0/url", "/mcpServers/1/auth/type", "/mcpServers/2/allowedTools",
    "/mcpServers/2/pinning", "/charms/0/id", "/charms/1/mcpServers/0/server", "/charms/1/mcpServers/0/mcpServer",
    "/applications/0/state", "/applications/0/tokenRelease", "/applications/1/id", "/rules/0/effect", "/rules/1/resources/tools",
    "/rules/2/more", "/rules/2/name",
}


def problem(caller, body: dict) -> dict:
    answer = caller.raw("PUT", "/v1/configuration", body)
    assert answer.status == 400, answer.body
    return answer.json()


def test_everything_that_is_wrong_with_a_document_is_told_at_once(tenant):
    found = problem(tenant.owner, {"configuration": BAD})
    assert found["code"] == "invalid_request"
    assert set(found["facts"]["fields"]) == {f"/configuration{place}" for place in BAD_PLACES}
    assert "plain" not in json.dumps(found), "no value is repeated"


def test_what_does_not_fit_the_organization_is_told_at_once(tenant):
    stored = tenant.owner.call("GET", "/v1/configuration")["configuration"]["integrations"][0]
    document = {
        "integrations": [
            {**stored, "clientId": "another"}, {**stored, "name": "x" * 300},
            {"name": "Unknown", "provider": "nobody", "clientId": "x"},
            {"name": "Narrow", "provider": "github", "clientId": "x", "clientSecret": {"secretRef": "s"},
             "defaultScopes": ["repo"], "maximumScopes": ["gist"]},
            {"name": "Unknown", "provider": "github", "clientId": "x", "clientSecret": {"secretRef": "s"}},
        ],
        "mcpServers": [
            {"name": "Open", "url": "https://elsewhere.example.com/mcp", "auth": {"type": "none"}},
            {"name": "Plain", "url": "http://example.com/mcp", "auth": {"type": "none"}, "allowedTools": ["a b"]},
            {"name": "Lost", "url": "https://a.example.com", "auth": {"type": "oauth", "integration": "Nobody"}},
            {"name": "Bare", "url": "https://a.example.com", "auth": {"type": "staticToken"}},
        ],
        "charms": [{"id": "c", "name": "C", "mcpServers": [{"mcpServer": "Nowhere"}]}],
        "rules": [{"name": "R", "effect": "deny", "subjects": {"users": ["nobody"]},
                   "resources": {"mcpServers": ["Nowhere"], "integrations": ["Nothing"]}}],
    }
    found = problem(tenant.owner, {"configuration": document, "secrets": {"unused": "x"}, "replaceSecrets": ["absent"]})
    assert set(found["facts"]["fields"]) >= {
        "/configuration/integrations/0/clientId", "/configuration/integrations/1/name", "/configuration/integrations/2",
        "/configuration/integrations/3/defaultScopes", "/configuration/integrations/4/name", "/configuration/mcpServers/0/url",
        "/configuration/mcpServers/1/url", "/configuration/mcpServers/1/allowedTools", "/configuration/mcpServers/2/auth/integration",
        "/configuration/mcpServers/3/auth/token", "/configuration/charms/0/mcpServers/0/mcpServer",
        "/configuration/rules/0/subjects/users/0", "/configuration/rules/0/resources/mcpServers/0",
        "/configuration/rules/0/resources/integrations/0", "/secrets/unused", "/replaceSecrets/0"}, found["facts"]["fields"]
    assert tenant.owner.call("GET", "/v1/rules")["items"] == []


def test_a_change_for_another_state_is_refused_and_nothing_is_half_done(tenant):
    known = tenant.owner.call("GET", "/v1/configuration")
    tenant.rule("deny", "Meanwhile")
    with pytest.raises(Problem) as refusal:
        put(tenant.owner, {"defaultEffect": "deny"}, version=known["version"])
    assert refusal.value.code == "conflict"
    assert tenant.owner.call("GET", "/v1/organization")["defaultEffect"] == "allow"
    # What is not spoken of stays, also with prune.
    report = put(tenant.owner, {"rules": []}, "?prune=true")
    assert named(report["deleted"]) == {("rule", "Meanwhile")} and not report["created"] + report["changed"]
    shown = tenant.owner.call("GET", "/v1/configuration")["configuration"]
    assert {entry["name"] for entry in shown["mcpServers"]} == {"Open"} and len(shown["integrations"]) == 1


def test_a_plan_says_whom_it_would_touch(tenant):
    maya = tenant.user(tenant.member("maya"))
    plan = put(tenant.owner, {"rules": [{"name": "No", "effect": "deny", "resources": {"mcpServers": ["Open"]}}]}, "?dryRun=true")
    affected = plan["impact"]["affected"]
    assert maya in affected["members"]["first"] and affected["mcpServers"]["first"] == [tenant.server["id"]]
    gone = put(tenant.owner, {"mcpServers": []}, "?dryRun=true&prune=true")
    assert gone["impact"]["affected"]["mcpServers"]["count"] == 1 and named(gone["deleted"]) == {("mcpServer", "Open")}


def test_things_of_one_name_are_told_apart_first(tenant):
    for _ in range(2):
        tenant.rule("deny", "Twice", mode="shadow")
    with pytest.raises(Problem) as refusal:
        tenant.owner.call("GET", "/v1/configuration")
    assert refusal.value.code == "conflict" and '"Twice"' in refusal.value.detail


def test_a_secret_is_replaced_only_where_that_is_asked_for(tenant):
    server = {"name": "Tokens", "url": "https://mcp.example.com/mcp",
              "auth": {"type": "staticToken", "token": {"secretRef": "tokens"}}}
    put(tenant.owner, {"mcpServers": [server]}, secrets={"tokens": "first"})
    assert put(tenant.owner, {"mcpServers": [server]}, secrets={"tokens": "second"})["changed"] == []
    changed = put(tenant.owner, {"mcpServers": [server]}, secrets={"tokens": "second"}, replaceSecrets=["tokens"])["changed"]
    assert [(entry["name"], entry["fields"]) for entry in changed] == [("Tokens", ["token"])]


def test_an_application_is_blocked_before_it_is_ever_seen(tenant):
    put(tenant.owner, {"applications": [{"id": "early", "state": "blocked"}]})
    with pytest.raises(Problem) as refusal:
        tenant.member("maya").resolve({"id": "early"}, integrationId=tenant.integration["id"])
    assert refusal.value.code == "application_blocked"
    put(tenant.owner, {"applications": []}, "?prune=true")
    assert tenant.member("maya").resolve({"id": "early"}, integrationId=tenant.integration["id"])["status"] == "consentRequired"
