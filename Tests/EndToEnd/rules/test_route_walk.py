"""Every route of the public API with every caller who may not use it: none is let through.

The routes are those of the API description, which is held equal to the route table by a test of the gateway; a route that nobody has put
into a class here fails the walk.
"""

import hashlib
import json
import re
import secrets

import yaml
from localstack.api import API

from rules.conftest import REPOSITORY

METHODS = ("get", "post", "put", "patch", "delete")
# Routes by who may use them. The longest prefix counts; a method in front of one makes it count for this method alone.
CLASSES = {
    # Only with the host platform's API key: no person's session makes another one.
    "/v1/sessions": "host", "/v1/sign-in-links": "host", "/v1/sessions/{id}": "admin", "/v1/users": "admin",
    "/v1/integrations": "admin", "/v1/applications": "admin", "/v1/charms": "admin", "/v1/rules": "admin",
    "/v1/organization": "admin", "/v1/configuration": "admin", "/v1/audit": "admin", "/v1/webhooks": "admin", "/v1/revocations": "admin",
    "/v1/keys": "admin", "POST /v1/keys/rotations": "owner",
    "/v1/mcp-servers": "admin", "GET /v1/mcp-servers": "member", "/v1/mcp-servers/list": "member",
    "/v1/mcp-servers/{id}/connect": "member", "GET /v1/mcp-servers/{id}/tools": "admin",
    "/v1/auth": "member", "/v1/flows": "member", "/v1/connections": "member", "/v1/client-authorizations": "member",
    "/v1/runtime": "member", "/v1/decisions": "member", "/v1/providers": "member",
    # Says to every caller who they are.
    "/v1/me": "everyone",
}
# Not signed in, not allowed, not there.
REFUSALS = (401, 403, 404)
APPLICATION = {"id": "walker", "name": "Walker"}


def routes() -> list[tuple[str, str, str]]:
    """Method, path and class of every route."""
    document = yaml.safe_load((REPOSITORY / "docs" / "openapi" / "gateway.yaml").read_text(encoding="utf-8"))
    found = []
    for path, operations in document["paths"].items():
        for method in METHODS:
            if path.startswith("/v1/") and method in operations:
                method = method.upper()
                names = [name for name in CLASSES if f"{method} {path}".startswith(name) or path.startswith(name)]
                assert names, f"{method} {path} is in no class"
                found.append((method, path, CLASSES[max(names, key=len)]))
    return found


def bodies(tenant) -> dict[str, dict]:
    """Bodies that the routes take, so that nothing but the caller stands in the way."""
    server, integration = tenant.server["id"], tenant.integration["id"]
    rule = {"name": "Walk", "effect": "deny"}
    auth = {"integrationId": integration, "application": APPLICATION}
    connection = {"connectionId": f"con_{'a' * 26}", "application": APPLICATION}
    return {
        "PATCH /v1/users/{id}": {"role": "admin"}, "PUT /v1/organization/identity-provider": {
            "issuer": "https://id.example.com", "clientId": "x", "clientSecret": "x"},
        "POST /v1/sessions": {"user": {"id": "x"}}, "POST /v1/sign-in-links": {"user": {"id": "x"}},
        "POST /v1/integrations": {"name": "x", "provider": "github", "clientId": "x", "clientSecret": "x"},
        "PATCH /v1/integrations/{id}": {"name": "x"}, "POST /v1/integrations/{id}/secrets": {"clientSecret": "x"},
        "PATCH /v1/applications/{id}": {"state": "allowed"}, "POST /v1/charms": {"name": "x", "mcpServers": []},
        "PATCH /v1/charms/{id}": {"name": "x"}, "POST /v1/rules": rule, "PUT /v1/rules/{id}": rule,
        "POST /v1/rules/preview": {"rules": [rule]}, "PATCH /v1/organization": {"defaultEffect": "allow"},
        "POST /v1/revocations": {"all": True}, "PATCH /v1/mcp-servers/{id}": {"name": "x"},
        "POST /v1/mcp-servers": {"name": "x", "url": "https://mcp.example.com", "auth": {"type": "none"}},
        "POST /v1/auth/resolve": auth, "POST /v1/auth/list": auth, "POST /v1/auth/refresh": connection,
        "POST /v1/auth/revoke": connection, "POST /v1/webhooks": {"url": "https://example.com", "events": ["rule.changed"]},
        "POST /v1/mcp-servers/list": {"application": APPLICATION}, "PATCH /v1/users/{id}": {"role": "member"},
        "PATCH /v1/webhooks/{id}": {"enabled": False}, "POST /v1/mcp-servers/discover": {"url": "https://mcp.example.com/mcp"},
        "PUT /v1/organization/identity-provider": {
            "issuer": "https://id.example.com", "clientId": "x", "clientSecret": "x"},
        "PUT /v1/configuration": {"configuration": {}},
        "POST /v1/decisions": {"subject": {"userId": tenant.user(tenant.owner)}, "resource": {"mcpServerId": server}},
    }


def ids(tenant) -> dict[str, str]:
    """Something of the organization for each kind of path."""
    tenant.owner.call("POST", "/v1/charms", {"id": "walker", "name": "Walker", "mcpServers": [
        {"mcpServerId": tenant.server["id"]}]})
    return {
        "/v1/integrations/": tenant.integration["id"], "/v1/mcp-servers/": tenant.server["id"],
        "/v1/charms/": "walker", "/v1/applications/": "walker", "/v1/rules/": tenant.rule("deny", mode="shadow")["id"],
        "/v1/users/": tenant.user(tenant.owner),
    }


def key_without_scopes(world, tenant) -> str:
    """An API key that may do nothing, as an operator could make one."""
    token = f"lyk_{secrets.token_hex(16)}"
    server = world.harness.running.server
    server.acting_as(server.user, server.password, "policy").run(
        "INSERT INTO api_key (organization_id, api_key_id, name, token_hash, scopes) VALUES"
        f" ('{tenant.organization.id}', 'key_{secrets.token_hex(13)}', 'nothing',"
        f" decode('{hashlib.sha256(token.encode()).hexdigest()}', 'hex'), '{{}}');")
    return token


def test_nobody_is_let_through_who_may_not(world, tenant):
    table, body, known = routes(), bodies(tenant), ids(tenant)
    stranger = world.tenant().organization
    runtime = tenant.member("maya").call("GET", "/v1/runtime/mcp-servers")
    client = re.search(r"lym_[A-Za-z0-9_-]+", json.dumps(runtime))[0]
    gateway = tenant.gateways[0]
    # By caller: the classes that are closed to it.
    closed = {
        "nobody": (API(gateway, None), {"host", "owner", "admin", "member", "everyone"}),
        "owner": (tenant.owner, {"host"}),
        "admin": (tenant.organization.host.session("admin", "admin"), {"host", "owner"}),
        "member": (tenant.member("maya"), {"host", "owner", "admin"}),
        "owner's charm": (tenant.organization.host.session("owner", "owner", charm="walker"), {"host", "owner", "admin"}),
        "admin's charm": (tenant.organization.host.session("admin", "admin", charm="walker"), {"host", "owner", "admin"}),
        "member's charm": (tenant.member("maya", charm="walker"), {"host", "owner", "admin"}),
        "key without scope": (API(gateway, key_without_scopes(world, tenant)), {"host", "owner", "admin"}),
        "lym": (API(gateway, client), {"host", "owner", "admin", "member"}),
        # Who has every right, in another organization.
        "other organization's owner": (stranger.owner, {"host", "owner", "admin", "member"}),
        "other organization's admin": (stranger.host.session("admin", "admin"), {"host", "owner", "admin", "member"}),
        "other organization's member": (stranger.member(), {"host", "owner", "admin", "member"}),
        "other organization's key": (stranger.host, {"owner", "admin", "member"}),
    }
    tried = 0
    through: list[str] = []
    # Turned away for another reason, so that nobody knows what had become of it.
    otherwise: list[str] = []
    for name, (caller, classes) in closed.items():
        for method, path, kind in table:
            # People of another organization may use these routes, with things of their own.
            if kind not in classes or name.startswith("other organization") and "{" not in path:
                continue
            place = next((value for prefix, value in known.items() if path.startswith(prefix)), f"con_{'a' * 26}")
            target = path.replace("{id}", place).replace("{name}", "echo").replace("{notification}", "msg_x")
            if path.startswith("/v1/providers/"):
                continue
            answer = caller.raw(method, target, body.get(f"{method} {path}", {} if method in ("POST", "PUT") else None))
            tried += 1
            if answer.status < 400:
                through.append(f"{name}: {method} {path} {answer.status}")
            elif answer.status not in REFUSALS:
                otherwise.append(f"{name}: {method} {path} {answer.status}")
    print(f"figure: {len(table)} routes, {tried} attempts by {len(closed)} kinds of callers who may not, {len(through)} let through")
    assert through == []
    assert otherwise == [], "\n".join(otherwise)
    assert tenant.owner.call("GET", "/v1/organization")["defaultEffect"] == "allow"
    assert tenant.owner.call("GET", f"/v1/mcp-servers/{tenant.server['id']}")["name"] == "Open"
