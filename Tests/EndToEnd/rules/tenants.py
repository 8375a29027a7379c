"""Organizations with something of every kind, which others must never see, and requests that mix what belongs to whom."""

import json
import random
import secrets
from dataclasses import dataclass, field

from harness import application, eventually
from localstack.api import API
from localstack.tools import REVISION

# Beside the body of a call at the MCP endpoint.
MCP_HEADERS = {"MCP-Protocol-Version": REVISION, "Mcp-Method": "tools/call", "Mcp-Name": "echo"}
PEOPLE = ("owner", "admin", "member", "charm", "key")


@dataclass
class Estate:
    """One organization, with the ids of what it has by kind, and the texts that only it knows."""

    tenant: object
    mark: str
    ids: dict[str, list[str]] = field(default_factory=dict)
    applications: list[dict] = field(default_factory=list)
    callers: dict[str, API] = field(default_factory=dict)

    def known_only_here(self, target: str) -> list[str]:
        """What no answer to somebody else may hold, unless they said it themselves. What somebody says of Applications is kept as theirs, and
        what they tried stands in their own trail: there only the names count, which nobody else can know."""
        if target.startswith(("/v1/applications", "/v1/audit")):
            return [self.mark]
        return [self.mark, *(each for ids in self.ids.values() for each in ids)]


def estate(world, people: int = 2) -> Estate:
    """A new organization with something of every kind."""
    mark = f"mark-{secrets.token_hex(8)}"
    tenant = world.tenant()
    owner, host = tenant.owner, tenant.organization.host
    server, integration = tenant.server["id"], tenant.integration["id"]
    made = Estate(tenant, mark)
    owner.call("PATCH", f"/v1/integrations/{integration}", {"name": mark})
    owner.call("PATCH", f"/v1/mcp-servers/{server}", {"name": mark, "description": mark})
    mail = owner.call("POST", "/v1/mcp-servers", {
        "name": f"{mark} mail", "url": f"{world.harness.running.plan.practice.issuer}/mcp",
        "auth": {"type": "oauth", "integrationId": integration}})["id"]
    charm = owner.call("POST", "/v1/charms", {
        "id": f"charm-{secrets.token_hex(8)}", "name": mark, "mcpServers": [{"mcpServerId": server}]})["id"]
    hook = owner.call("POST", "/v1/webhooks", {
        "url": f"https://{mark}.example.com", "events": ["integration.secret.expiring"]})["webhook"]["id"]
    made.ids = {
        "integration": [integration], "server": [server, mail], "charm": [charm], "webhook": [hook],
        "rule": [tenant.rule("deny", mark, mode="shadow")["id"]], "user": [], "connection": [], "flow": [], "application": [],
    }
    sessions = []
    for number in range(people):
        created = host.create_session(f"person-{number}-{mark}", name=mark)
        session = API(host.gateway, created["token"])
        app = {**application("estate"), "name": mark}
        auth = world.harness.connect(session, tenant.integration, world.party, app)
        flow = session.resolve({**application("other"), "name": mark}, integrationId=integration)["flow"]
        made.applications.append(app)
        made.ids["user"].append(created["userId"])
        made.ids["connection"].append(auth["id"])
        made.ids["flow"].append(flow["id"])
        made.ids["application"].append(app["id"])
        sessions.append(session)
    made.ids["revocation"] = [owner.call("POST", "/v1/revocations", {"mcpServerId": mail})["id"]]
    rotation = owner.call("POST", "/v1/keys/rotations")["id"]
    # What the vaults do by themselves has ended before anything is compared.
    eventually(lambda: owner.call("GET", f"/v1/keys/rotations/{rotation}")["state"] == "finished", 120, "the rotation's end")
    made.ids["rotation"] = [rotation]
    made.ids["session"] = [host.create_session(f"leaving-{mark}")["id"]]
    made.callers = {
        "owner": owner, "admin": host.session("admin", "admin"), "member": sessions[0],
        "charm": host.session(f"person-0-{mark}", charm=charm), "key": host,
    }
    return made


class Requests:
    """Random requests by callers of one organization with ids of others, alone or beside their own."""

    # What stands in a path, by what comes before it.
    PATHS = {
        "/v1/integrations/": "integration", "/v1/mcp-servers/": "server", "/v1/charms/": "charm", "/v1/rules/": "rule",
        "/v1/webhooks/": "webhook", "/v1/users/": "user", "/v1/connections/": "connection", "/v1/flows/": "flow",
        "/v1/applications/": "application", "/v1/revocations/": "revocation", "/v1/sessions/": "session", "/mcp/": "server",
        "/v1/keys/rotations/": "rotation",
    }

    def __init__(self, mine: Estate, others: list[Estate], routes: list[tuple[str, str]], seed: int):
        self.mine, self.others = mine, others
        # Routes whose path names something that an organization has, and those that are asked with ids in other places.
        self.routes = [
            (method, path) for method, path in routes
            if "{" in path and any(path.startswith(prefix) for prefix in self.PATHS) or (method, path) in self.WITH_BODY
        ]
        self.random = random.Random(seed)

    def foreign(self, kind: str) -> str:
        return self.random.choice(self.random.choice(self.others).ids[kind])

    def any(self, kind: str) -> str:
        """Often somebody else's, sometimes their own."""
        return self.foreign(kind) if self.random.random() < 0.7 else self.random.choice(self.mine.ids[kind])

    def application(self) -> dict:
        app = self.random.choice(self.random.choice([self.mine, *self.others]).applications)
        return {"id": app["id"], "appId": app["appId"]}

    def rule(self) -> dict:
        resources = self.random.choice([
            {"integrations": [self.foreign("integration"), self.any("integration")]},
            {"mcpServers": [self.any("server"), self.foreign("server")]}])
        return {"name": "Mixed", "effect": "deny", "mode": "shadow", "subjects": {"users": [self.any("user")]},
                "resources": resources}

    # Bodies of routes by method and path; `{id}` in a path is somebody else's where a body could change something.
    WITH_BODY = {
        ("POST", "/v1/mcp-servers"): lambda self: {
            "name": "x", "url": "https://mcp.example.com", "auth": {"type": "oauth", "integrationId": self.foreign("integration")}},
        ("PATCH", "/v1/mcp-servers/{id}"): lambda self: self.random.choice([
            {"name": "taken"}, {"auth": {"type": "oauth", "integrationId": self.foreign("integration")}}, {"allowedTools": []}]),
        ("PATCH", "/v1/integrations/{id}"): lambda self: self.random.choice([{"name": "taken"}, {"status": "disabled"}]),
        ("POST", "/v1/integrations/{id}/secrets"): lambda self: {"clientSecret": "taken"},
        ("POST", "/v1/charms"): lambda self: {"name": "x", "mcpServers": [
            {"mcpServerId": self.random.choice(self.mine.ids["server"])}, {"mcpServerId": self.foreign("server")}]},
        ("PATCH", "/v1/charms/{id}"): lambda self: {"mcpServers": [{"mcpServerId": self.foreign("server")}]},
        ("POST", "/v1/rules"): lambda self: self.rule(),
        ("PUT", "/v1/rules/{id}"): lambda self: self.rule(),
        ("POST", "/v1/rules/preview"): lambda self: {"rules": [self.rule()], "remove": [self.any("rule")]},
        ("PATCH", "/v1/applications/{id}"): lambda self: {"state": "blocked"},
        ("PATCH", "/v1/webhooks/{id}"): lambda self: {"enabled": False},
        ("PATCH", "/v1/users/{id}"): lambda self: {"role": "member"},
        ("POST", "/v1/decisions"): lambda self: {
            "subject": {"userId": self.any("user"), "charmId": self.any("charm")},
            "resource": {"mcpServerId": self.any("server"), "tool": "echo"}},
        ("POST", "/v1/auth/resolve"): lambda self: {
            "integrationId": self.any("integration"), "application": self.application(),
            self.random.choice(["connectionKey", "preferredConnectionId"]): self.any("connection")},
        ("POST", "/v1/auth/list"): lambda self: {"integrationId": self.any("integration"), "application": self.application()},
        ("POST", "/v1/auth/refresh"): lambda self: {
            "connectionId": self.foreign("connection"), "application": self.application()},
        ("POST", "/v1/auth/revoke"): lambda self: {
            "connectionId": self.foreign("connection"), "application": self.application()},
        ("POST", "/v1/revocations"): lambda self: self.random.choice([
            {"userId": self.foreign("user")}, {"integrationId": self.foreign("integration")},
            {"mcpServerId": self.foreign("server")}]),
        ("POST", "/mcp/{id}"): lambda self: {
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "echo", "arguments": {"text": "a"}, "_meta": {
                "io.modelcontextprotocol/protocolVersion": REVISION, "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": "mixed", "version": "1"}}}},
        ("GET", "/v1/connections"): None, ("GET", "/v1/audit"): None, ("GET", "/v1/runtime/mcp-servers"): None,
        ("GET", "/v1/integrations"): None, ("GET", "/v1/mcp-servers"): None, ("GET", "/v1/charms"): None,
        ("GET", "/v1/rules"): None, ("GET", "/v1/applications"): None, ("GET", "/v1/webhooks"): None, ("GET", "/v1/users"): None,
        ("GET", "/v1/me"): None,
    }

    def query(self, method: str, path: str) -> str:
        """Ids in a query, and questions about changes that would be made."""
        if (method, path) == ("GET", "/v1/connections"):
            return f"?userId={self.any('user')}&integrationId={self.any('integration')}"
        if (method, path) == ("GET", "/v1/audit"):
            return self.random.choice([f"?actor={self.any('user')}", f"?target={self.any('connection')}"])
        if (method, path) == ("GET", "/v1/runtime/mcp-servers"):
            return f"?charmId={self.any('charm')}"
        if path == "/v1/flows/{id}" and method == "GET":
            return "?wait=0"
        changes = method in ("PATCH", "DELETE") and path.count("/") == 3
        kinds = ("/v1/integrations/", "/v1/mcp-servers/", "/v1/charms/", "/v1/applications/")
        if changes and path.startswith(kinds) and not (method == "DELETE" and path.startswith("/v1/applications/")):
            return self.random.choice(["", "?dryRun=true"])
        return ""

    def next(self) -> tuple[str, str, str, object]:
        """Caller, method, path and body."""
        method, path = self.random.choice(self.routes)
        kind = next((kind for prefix, kind in self.PATHS.items() if path.startswith(prefix)), None)
        target = path
        if "{" in path:
            target = path.replace("{id}", self.foreign(kind)).replace("{name}", "echo").replace("{notification}", "msg_x")
        body = self.WITH_BODY.get((method, path))
        value = body(self) if body else ({} if method in ("POST", "PUT") else None)
        return self.random.choice(PEOPLE), method, target + self.query(method, path), value

    def leaked(self, target: str, body: object, answer: str) -> list[str]:
        """What an answer tells of others that was not in the request."""
        said = f"{target} {json.dumps(body)}"
        return [each for other in self.others for each in other.known_only_here(target) if each in answer and each not in said]
