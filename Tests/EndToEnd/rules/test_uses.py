"""A member's uses of their own Connection: tokens, and each call of a tool, whoever made it for them."""

from harness import eventually
from localstack.browser import Browser
from localstack.consent import walk
from localstack.tools import Tools
from localstack.api import API

CALLS = 5


def test_single_calls_are_among_the_uses(world, tenant):
    server = tenant.owner.call("POST", "/v1/mcp-servers", {
        "name": "Mail", "url": f"{world.harness.running.plan.practice.issuer}/mcp",
        "auth": {"type": "oauth", "integrationId": tenant.integration["id"], "scopes": ["openid", "profile"]}})
    tenant.owner.call("POST", "/v1/charms", {
        "id": "clerk", "name": "Clerk", "mcpServers": [{"mcpServerId": server["id"]}]})
    maya, clerk, noor = tenant.member("maya"), tenant.member("maya", charm="clerk"), tenant.member("noor")
    answer = maya.call("POST", f"/v1/mcp-servers/{server['id']}/connect")
    walk(Browser(), answer["flow"]["url"], lambda url: world.party.approve(url))
    connection = maya.flow(answer["flow"]["id"])["connectionId"]
    for session in (maya, clerk):
        tools = Tools(API(tenant.gateways[0], session._token), server["id"])
        for _ in range(CALLS):
            assert not tools.call("whoami").get("isError")

    def uses(query: str = "") -> dict:
        return maya.call("GET", f"/v1/connections/{connection}/uses{query}")

    def calls() -> list[dict]:
        return [use for use in uses("?limit=200")["items"] if use["action"] == "mcp-server.tool.called"]

    # The gateway tells of calls after they are made.
    made = eventually(lambda: calls() if len(calls()) >= 2 * CALLS else [], what="the calls on record")
    assert len(made) == 2 * CALLS
    assert {(use["tool"], use["mcpServerId"], use["outcome"]) for use in made} == {("whoami", server["id"], "succeeded")}
    kinds = sorted({(use["actor"]["kind"], use["actor"].get("id")) for use in made})
    assert kinds == sorted([("charm", "clerk"), ("member", tenant.user(maya))])
    whole = uses("?limit=200")
    assert whole["nextCursor"] is None
    assert "connection.token.released" in {use["action"] for use in whole["items"]}
    paged, query = [], "?limit=3"
    while query:
        page = uses(query)
        assert len(page["items"]) <= 3
        paged += page["items"]
        query = f"?limit=3&cursor={page['nextCursor']}" if page.get("nextCursor") else ""
    assert [use["id"] for use in paged] == [use["id"] for use in whole["items"]]
    assert noor.raw("GET", f"/v1/connections/{connection}/uses").status == 404
    assert clerk.raw("GET", f"/v1/connections/{connection}/uses").status == 403
    shown = tenant.owner.call("GET", f"/v1/connections/{connection}/uses?limit=200")
    assert [use["id"] for use in shown["items"]] == [use["id"] for use in whole["items"]]
