"""A stack with two replicas of what calls pass through, and servers of both SDK generations: open ones and ones that take the practice provider's tokens."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import Harness, Organization, PracticeParty
from localstack.api import API
from localstack.browser import Browser
from localstack.build import find_binaries
from localstack.consent import walk
from localstack.options import Options
from localstack.ports import LOOPBACK, free_port
from localstack.readiness import wait_until_ready
from localstack.settings import Instance
from localstack.stack import Stack

from mcp.sdk import REPOSITORY, Server

REPLICAS = {"vault": 2, "policy": 2, "gateway": 2}
# The tests force refreshes right after connecting, and do more in a minute than people do.
SETTINGS = {
    "vault": {"LANYARD_REFRESH_FORCED_MINIMUM_SECONDS": "0"},
    "gateway": {
        "LANYARD_LIMITS_FLOW_STARTS_PER_USER": "1000", "LANYARD_LIMITS_FLOW_STARTS_PER_ORGANIZATION": "1000",
        "LANYARD_LIMITS_CALLBACKS_PER_ADDRESS": "10000", "LANYARD_LIMITS_EXPLICIT_CALLS_PER_USER": "10000",
        "LANYARD_LIMITS_MCP_CALLS_PER_ORGANIZATION": "10000000",
        # Hostile attempts, far more than one address may make by default.
        "LANYARD_LIMITS_CLIENT_REGISTRATIONS_PER_ADDRESS": "1000", "LANYARD_LIMITS_AUTHORIZATIONS_PER_USER": "1000",
        "LANYARD_LIMITS_REFUSED_CREDENTIALS_PER_ADDRESS": "10000",
    },
}
# For servers that single tests bring along.
SPARE_PORTS = 6
# What the practice MCP server asks of every token.
SCOPES = ["openid", "profile"]


@dataclass
class Member:
    """A member's session, with the token that MCP clients show."""

    api: API
    token: str


class World:
    """The stack, the servers, and short ways to put one behind the other."""

    def __init__(self, harness: Harness, open_servers: dict[int, Server], protected_servers: dict[int, Server],
                 spare_ports: list[int]):
        self.harness = harness
        self.practice = PracticeParty(harness.running)
        self.provider = harness.running.practice_provider
        self.open = open_servers
        self.protected = protected_servers
        # Free, and allowed as destinations.
        self.spare_ports = spare_ports
        plan = harness.running.plan
        self.gateways = [instance.url for instance in plan.of("gateway")]
        self.sandbox = f"{plan.practice.issuer}/mcp"
        self.sandbox_token = plan.practice.mcp_token

    def endpoint(self, server: dict | None = None, replica: int = 0) -> str:
        """Where clients connect: to one server, or to all of them."""
        return f"{self.gateways[replica]}/mcp" + (f"/{server['id']}" if server else "")

    def replica(self, service: str, number: int) -> Instance:
        return self.harness.running.plan.of(service)[number - 1]

    def start(self, replica: Instance) -> None:
        """Starts a replica that was killed, and waits until it takes part again."""
        stack, running = self.harness.stack, self.harness.running
        running.pids[replica.name] = stack.start_instance(running.plan, replica, self.harness.binaries)
        wait_until_ready([replica], stack.processes)

    def member(self, organization: Organization, name: str, charm: str | None = None) -> Member:
        session = organization.host.create_session(name, charm=charm)
        return Member(API(self.harness.gateway, session["token"]), session["token"])

    def add(self, organization: Organization, name: str, url: str, auth: dict | None = None, **more) -> dict:
        return organization.owner.call(
            "POST", "/v1/mcp-servers", {"name": name, "url": url, "auth": auth or {"type": "none"}, **more})

    def oauth(self, organization: Organization) -> dict:
        integration = self.practice.integration(organization.owner)
        return {"type": "oauth", "integrationId": integration["id"], "scopes": SCOPES}

    def consent(self, page: str, person: str = "ada") -> None:
        """The person opens the connect page and agrees."""
        walk(Browser(), page, lambda url: self.practice.approve(url, person))

    def connect(self, member: Member, server: dict, person: str) -> None:
        path = f"/v1/mcp-servers/{server['id']}/connect"
        answer = member.api.call("POST", path)
        assert answer["status"] == "consentRequired"
        self.consent(answer["flow"]["url"], person)
        assert member.api.flow(answer["flow"]["id"])["status"] == "completed"
        assert member.api.call("POST", path)["status"] == "ready"


@pytest.fixture(scope="session")
def world():
    with tempfile.TemporaryDirectory(prefix="lanyard-mcp-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        ports: list[int] = []
        for _ in range(4 + SPARE_PORTS):
            ports.append(free_port(ports))
        options = Options(
            repository=REPOSITORY, data=folder / "stack", replicas=REPLICAS, overrides=SETTINGS,
            egress_allow=[f"{LOOPBACK}:{port}" for port in ports],
        )
        stack = Stack(options)
        binaries = find_binaries(REPOSITORY, "debug")
        servers: list[Server] = []
        try:
            running = stack.up(binaries)
            issuer = running.plan.practice.issuer
            for place, (generation, accepted) in enumerate([(1, None), (2, None), (1, issuer), (2, issuer)]):
                servers.append(Server(generation, ports[place], accepted, folder / f"server-{place}.log"))
            yield World(
                Harness(stack, running, binaries, None), {1: servers[0], 2: servers[1]},
                {1: servers[2], 2: servers[3]}, ports[4:])
        finally:
            for server in servers:
                server.stop()
            stack.down(erase=True)
