"""MCP servers that are found by their URL, as a part of a configuration: what was found once stays until an owner says otherwise."""

from mcp.conftest import SCOPES
# The last two are fixtures.
from mcp.test_by_url import OAUTH, connect, echo, organization, sandbox


def apply(organization, server: dict, query: str = "?prune=true") -> dict:
    """Makes the organization's MCP servers this one."""
    return organization.owner.call("PUT", f"/v1/configuration{query}", {"configuration": {"mcpServers": [server]}})


def changes(report: dict) -> list[dict]:
    return report["created"] + report["changed"] + report["deleted"]


def test_what_was_found_stays_through_a_configuration(world, organization, sandbox):
    entry = {"name": "Found", "url": world.sandbox, "auth": {**OAUTH, "scopes": SCOPES}}
    report = apply(organization, entry)
    assert "notes" not in report, report
    path = f"/v1/mcp-servers/{report['created'][0]['id']}"
    server = organization.owner.call("GET", path)
    assert server["discovered"]["issuer"] == sandbox.issuer and server["auth"]["scopes"] == SCOPES
    assert changes(apply(organization, entry)) == []
    member = world.member(organization, "ada")
    connect(world, member, server, lambda url: sandbox.authorize(url, "ada"))

    sandbox.publish(authorizationServers=["https://another-issuer.example"])
    sandbox.end_authorizations("ada")
    assert "another authorization server" in echo(world, member, server)["text"]
    refused = organization.owner.call("GET", path)
    assert refused["configError"]["reason"] == "issuerChanged"
    # Nobody has agreed to another issuer by applying what was applied before, nor by changing something else.
    assert changes(apply(organization, entry)) == []
    assert [each["fields"] for each in changes(apply(organization, {**entry, "description": "Other words"}))] == [["description"]]
    after = organization.owner.call("GET", path)
    assert [after[part] for part in ("configError", "discovered", "auth")] == [
        refused[part] for part in ("configError", "discovered", "auth")]
    assert "issuer-changed" in str(echo(world, world.member(organization, "ada"), server))


def test_an_own_integration_that_was_found_stays_through_a_configuration(world, organization, sandbox):
    existing = world.practice.integration(organization.owner)
    entry = {"name": "Found", "url": world.sandbox, "auth": OAUTH}
    made = apply(organization, entry)["created"]
    server = organization.owner.call("GET", f"/v1/mcp-servers/{made[0]['id']}")
    assert server["auth"]["integrationId"] == existing["id"] and server["discovered"]["issuer"] == sandbox.issuer
    assert changes(apply(organization, entry)) == [], "the second time nothing changes"
    exported = organization.owner.call("GET", "/v1/configuration")["configuration"]
    again = organization.owner.call("PUT", "/v1/configuration?prune=true", {"configuration": exported})
    assert changes(again) == [], "nor by what it is exported as"
    assert organization.owner.call("GET", f"/v1/mcp-servers/{server['id']}") == server


def test_a_server_that_was_not_found_is_looked_at_with_the_next_configuration(world, organization, sandbox):
    entry = {"name": "Found", "url": world.sandbox, "auth": {**OAUTH, "scopes": SCOPES[:1]}}
    sandbox.publish(offersProofKeys=False)
    report = apply(organization, entry)
    assert len(report["notes"]) == 1 and '"Found"' in report["notes"][0]
    path = f"/v1/mcp-servers/{report['created'][0]['id']}"
    assert "discovered" not in organization.owner.call("GET", path)
    sandbox.publish()
    again = apply(organization, entry)
    assert changes(again) == [] and "notes" not in again
    server = organization.owner.call("GET", path)
    assert server["discovered"]["issuer"] == sandbox.issuer
    assert server["auth"]["scopes"] == SCOPES[:1], "as the document says, and not as the server would have it"
