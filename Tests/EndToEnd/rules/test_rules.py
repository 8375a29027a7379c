"""What rules refuse never reaches anybody: tools, servers, tokens and flows, whoever asks.

A new session asks anew, so what it is told is by the rules of now; how soon the sessions that are there follow is measured in
`test_at_once.py`.
"""

import pytest
from harness import application, eventually
from localstack.browser import Browser
from localstack.api import Problem
from localstack.consent import walk
from localstack.errors import StackError

from rules.conftest import refused_by


def problem(call, *arguments, **named) -> Problem:
    with pytest.raises(Problem) as caught:
        call(*arguments, **named)
    return caught.value


def test_a_refused_tool_is_neither_listed_nor_called(world, tenant):
    session = tenant.member("maya")
    tools = tenant.tools(session)
    assert "delete_thing" in tools.names()
    rule = tenant.rule("deny", "Nothing is deleted", resources={"annotations": ["destructive"]})
    eventually(lambda: "delete_thing" not in tools.names(), what="the rule in force")
    before = world.provider.all_tool_calls()
    assert "echo" in tools.names()
    assert refused_by(tools.call("delete_thing", id="x")) == rule["id"]
    assert world.provider.all_tool_calls() == before
    assert refused_by(tools.call("echo", text="a")) is None
    assert world.provider.all_tool_calls() == before + 1
    tenant.owner.call("DELETE", f"/v1/rules/{rule['id']}")
    eventually(lambda: refused_by(tools.call("delete_thing", id="x")) is None, what="the end of the rule")


def test_arguments_decide_call_by_call(world, tenant):
    rule = tenant.rule("deny", "Nothing about salaries", resources={"tools": ["ec*"]}, conditions={
        "arguments": [{"pointer": "/text", "operator": "pattern", "value": "*salar*"}]})
    tools = tenant.tools(tenant.member("maya"))
    before = world.provider.all_tool_calls()
    assert "echo" in tools.names()
    assert refused_by(tools.call("echo", text="all salaries")) == rule["id"]
    # What is not known to be harmless is not taken for it.
    assert refused_by(tools.call("echo", other="x")) == rule["id"]
    assert world.provider.all_tool_calls() == before
    assert refused_by(tools.call("echo", text="hello")) is None
    assert world.provider.all_tool_calls() == before + 1
    assert "salaries" not in audited(world, tenant, "details::text")


def audited(world, tenant, columns: str, action: str = "tool-call") -> str:
    """What the policy service's audit trail says of an organization's calls."""
    server = world.harness.running.server
    return server.acting_as(server.user, server.password, "policy").run(
        f"SELECT {columns} FROM audit_entry WHERE organization_id = '{tenant.organization.id}'"
        f" AND action LIKE '{action}%';")


def test_a_rate_lets_so_many_calls_through(world, tenant):
    # Within one day, so that the window does not change while the test runs.
    rule = tenant.rule("deny", "Three a day", resources={"tools": ["echo"]},
                       conditions={"rate": {"calls": 3, "perSeconds": 86400}})
    before = world.provider.all_tool_calls()
    answers = [refused_by(tenant.tools(tenant.member("maya"), replica % 2).call("echo", text="a"))
               for replica in range(6)]
    assert answers == [None] * 3 + [rule["id"]] * 3
    assert world.provider.all_tool_calls() == before + 3
    # Somebody else has a count of their own.
    assert refused_by(tenant.tools(tenant.member("noor")).call("echo", text="a")) is None
    assert "echo" in tenant.tools(tenant.member("maya")).names()


def test_subjects_are_told_apart(world, tenant):
    tenant.owner.call("POST", "/v1/charms", {
        "id": "clerk", "name": "Clerk", "mcpServers": [{"mcpServerId": tenant.server["id"]}]})
    charm = tenant.rule("deny", "Not the clerk", subjects={"charms": ["clerk"]}, resources={"tools": ["whoami"]})
    group = tenant.rule("deny", "Not sales", subjects={"groups": ["sales"]}, resources={"tools": ["count"]})
    role = tenant.rule("deny", "Not members", subjects={"roles": ["member"]}, resources={"tools": ["delete_thing"]})
    noor = tenant.member("noor")
    user = tenant.rule("deny", "Not Noor", subjects={"users": [tenant.user(noor)]}, resources={"tools": ["echo"]})
    by_session = {
        "clerk": (tenant.member("maya", charm="clerk"), {"whoami": charm["id"], "delete_thing": role["id"]}),
        "maya": (tenant.member("maya"), {"delete_thing": role["id"]}),
        "sales": (tenant.member("sam", groups=["sales"]), {"count": group["id"], "delete_thing": role["id"]}),
        "noor": (noor, {"echo": user["id"], "delete_thing": role["id"]}),
        "owner": (tenant.owner, {}),
    }
    for name, (session, refused) in by_session.items():
        tools = tenant.tools(session, replica=1)
        for tool, arguments in {"whoami": {}, "count": {}, "delete_thing": {"id": "x"}, "echo": {"text": "a"}}.items():
            assert refused_by(tools.call(tool, **arguments)) == refused.get(tool), (name, tool)


def test_a_refused_server_is_not_there(tenant):
    rule = tenant.rule("deny", "Closed", resources={"mcpServers": [tenant.server["id"]]})
    session = tenant.member("maya")
    assert session.call("GET", "/v1/mcp-servers")["items"] == []
    assert problem(session.call, "GET", f"/v1/mcp-servers/{tenant.server['id']}").code == "not_found"
    tools = tenant.tools(session)
    assert tools.names() == []
    assert refused_by(tools.call("echo", text="a")) == rule["id"]
    assert problem(session.call, "POST", f"/v1/mcp-servers/{tenant.server['id']}/connect").code == "policy_denied"


def test_silence_can_mean_no(tenant):
    assert tenant.owner.call("GET", "/v1/organization")["defaultEffect"] == "allow"
    tenant.owner.call("PATCH", "/v1/organization", {"defaultEffect": "deny"})
    session, inbox = tenant.member("maya"), application()
    tools = tenant.tools(session)
    assert tools.names() == []
    refusal = problem(session.resolve, inbox, integrationId=tenant.integration["id"])
    assert refusal.code == "policy_denied"
    tenant.rule("allow", "Echo for all", resources={"mcpServers": [tenant.server["id"]], "tools": ["echo"]})
    session = tenant.member("maya")
    tools = tenant.tools(session)
    assert tools.names() == ["echo"]
    assert refused_by(tools.call("echo", text="a")) is None
    assert refused_by(tools.call("whoami")) == "organization-default"
    tenant.rule("allow", "The mailbox", resources={"integrations": [tenant.integration["id"]]})
    session = tenant.member("maya")
    assert session.resolve(inbox, integrationId=tenant.integration["id"])["status"] == "consentRequired"


def test_tokens_flows_and_refreshes_follow_the_rules(world, tenant):
    session, inbox, other = tenant.member("maya"), application("inbox"), application("other")
    selection = {"integrationId": tenant.integration["id"]}
    auth = world.harness.connect(session, tenant.integration, world.party, inbox)
    flow = session.resolve(other, **selection)["flow"]
    rule = tenant.rule("deny", "No mail", resources={"integrations": [tenant.integration["id"]]})
    session = tenant.member("maya")
    for call in [
        lambda: session.resolve(inbox, **selection), lambda: session.list(inbox, **selection),
        lambda: session.refresh(auth["id"], inbox),
    ]:
        refusal = problem(call)
        assert refusal.code == "policy_denied"
        assert rule["id"] in refusal.detail
    # A flow that began before the rule does not come through.
    with pytest.raises(StackError):
        walk(Browser(), flow["url"], lambda url: world.party.approve(url, "ada"))
    # Whoever wants to end what they allowed is never kept from it.
    session.revoke(auth["id"], inbox)
    tenant.owner.call("PUT", f"/v1/rules/{rule['id']}", {
        "name": "No mail in one app", "effect": "deny", "subjects": {"applications": [inbox["id"]]},
        "resources": {"integrations": [tenant.integration["id"]]}})
    session = tenant.member("maya")
    assert problem(session.resolve, inbox, **selection).code == "policy_denied"
    assert session.resolve(other, **selection)["status"] == "consentRequired"


def test_rules_about_scopes(tenant):
    tenant.rule("deny", "No sending", resources={"integrations": [tenant.integration["id"]], "scopes": ["mail.send"]})
    session, inbox = tenant.member("maya"), application()
    selection = {"integrationId": tenant.integration["id"]}
    assert session.resolve(inbox, scopes=["mail.read"], **selection)["status"] == "consentRequired"
    assert problem(session.resolve, inbox, scopes=["mail.read", "mail.send"], **selection).code == "policy_denied"


def test_an_application_without_tokens(world, tenant):
    session, inbox = tenant.member("maya"), application()
    auth = world.harness.connect(session, tenant.integration, world.party, inbox)
    changed = tenant.owner.call("PATCH", f"/v1/applications/{inbox['id']}", {"tokenRelease": "gatewayOnly"})
    session = tenant.member("maya")
    assert (changed["state"], changed["tokenRelease"]) == ("allowed", "gatewayOnly")
    for call in [
        lambda: session.resolve(inbox, integrationId=tenant.integration["id"]),
        lambda: session.refresh(auth["id"], inbox),
    ]:
        refusal = problem(call)
        assert refusal.code == "policy_denied"
        assert "tokenRelease" in refusal.detail
    assert [each["id"] for each in session.list(inbox, integrationId=tenant.integration["id"])] == [auth["id"]]
    tenant.owner.call("PATCH", f"/v1/applications/{inbox['id']}", {"tokenRelease": "release"})
    assert tenant.member("maya").resolve(inbox, integrationId=tenant.integration["id"])["status"] == "ready"


def test_a_rule_in_shadow_decides_nothing_and_is_recorded(world, tenant):
    rule = tenant.rule("deny", "Would refuse", mode="shadow", resources={"tools": ["echo"]}, conditions={
        "arguments": [{"pointer": "/text", "operator": "equals", "value": "a"}]})
    tools = tenant.tools(tenant.member("maya"))
    assert refused_by(tools.call("echo", text="a")) is None
    found = audited(world, tenant, "details ->> 'shadow', details ->> 'shadowWouldChange'", "tool-call.allowed")
    assert f"{rule['id']}=deny" in found
    assert "true" in found


def test_bad_rules_are_told_everything_at_once(world, tenant):
    stranger = world.tenant()
    bad = {
        "name": "", "effect": "maybe", "subjects": {"users": []}, "resources": {"tool": ["x"]},
        "conditions": {"arguments": [{"pointer": "text", "operator": "like", "value": 1}], "rate": {"calls": 0}}}
    refusal = tenant.owner.raw("POST", "/v1/rules", bad)
    assert refusal.status == 400
    fields = set(refusal.json()["facts"]["fields"])
    assert {"/name", "/effect", "/subjects/users", "/resources/tool", "/conditions/rate/calls"} <= fields
    foreign = problem(tenant.rule, "deny", resources={
        "integrations": [stranger.integration["id"]], "mcpServers": [tenant.server["id"], stranger.server["id"]]})
    assert foreign.code == "invalid_request"
    assert "/resources/integrations/0" in foreign.detail
    assert "/resources/mcpServers/1" in foreign.detail
    theirs = stranger.rule("deny", resources={"tools": ["echo"]})
    path = f"/v1/rules/{theirs['id']}"
    for method, body in [("GET", None), ("PUT", {"name": "x", "effect": "deny"}), ("DELETE", None)]:
        assert problem(tenant.owner.call, method, path, body).code == "not_found"
    assert stranger.owner.call("GET", path)["name"] == "A rule"
    for method, where in [("GET", "/v1/rules"), ("POST", "/v1/rules"), ("GET", "/v1/organization")]:
        body = {"name": "x", "effect": "deny"} if method == "POST" else None
        assert problem(tenant.member("maya").call, method, where, body).code == "forbidden"
    assert tenant.owner.call("GET", "/v1/rules")["items"] == []
