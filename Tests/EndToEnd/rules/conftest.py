"""A stack with two gateways and two policy services: a rule that is changed at one is in force at all."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import Harness, Organization, PracticeParty
from localstack.api import API
from localstack.build import find_binaries
from localstack.options import Options
from localstack.stack import Stack
from localstack.tools import Tools, text

REPOSITORY = Path(__file__).resolve().parents[3]
REPLICAS = {"gateway": 2, "policy": 2}
# The tests do more in a minute than people do, all from one address, and how much more depends on the machine.
SETTINGS = {
    "vault": {"LANYARD_REFRESH_FORCED_MINIMUM_SECONDS": "0"},
    "gateway": {
        "LANYARD_LIMITS_FLOW_STARTS_PER_USER": "10000", "LANYARD_LIMITS_FLOW_STARTS_PER_ORGANIZATION": "10000",
        "LANYARD_LIMITS_CALLBACKS_PER_ADDRESS": "10000", "LANYARD_LIMITS_REFUSED_CREDENTIALS_PER_ADDRESS": "100000",
        "LANYARD_LIMITS_AUTHORIZATIONS_PER_USER": "10000", "LANYARD_LIMITS_MCP_CALLS_PER_ORGANIZATION": "10000000",
        "LANYARD_LIMITS_CALLS_PER_USER": "10000000", "LANYARD_LIMITS_CALLS_PER_ORGANIZATION": "10000000",
    },
}


@dataclass
class Tenant:
    """An organization with an open MCP server whose tools are known, and an Integration."""

    organization: Organization
    server: dict
    integration: dict
    gateways: list[str]

    @property
    def owner(self) -> API:
        return self.organization.owner

    def rule(self, effect: str, name: str = "A rule", **more) -> dict:
        return self.owner.call("POST", "/v1/rules", {"name": name, "effect": effect, **more})

    def member(self, name: str, charm: str | None = None, **details) -> API:
        return self.organization.host.session(name, charm=charm, **details)

    def tools(self, session: API, replica: int = 0) -> Tools:
        return Tools(API(self.gateways[replica], session._token), self.server["id"])

    def user(self, session: API) -> str:
        return session.call("GET", "/v1/me")["user"]["id"]


class World:
    def __init__(self, harness: Harness):
        self.harness = harness
        self.party = PracticeParty(harness.running)
        self.provider = harness.running.practice_provider
        self.gateways = [instance.url for instance in harness.running.plan.of("gateway")]

    def tenant(self) -> Tenant:
        organization = self.harness.organization()
        url = f"{self.harness.running.plan.practice.issuer}/mcp/open"
        server = organization.owner.call("POST", "/v1/mcp-servers", {"name": "Open", "url": url, "auth": {"type": "none"}})
        organization.owner.call("POST", f"/v1/mcp-servers/{server['id']}/tools/refresh")
        return Tenant(organization, server, self.party.integration(organization.owner), self.gateways)


def refused_by(result: dict) -> str | None:
    """The rule that a call's result names; None where the call went through."""
    if not result.get("isError"):
        return None
    return text(result).rpartition("(rule: ")[2].rstrip(")")


@pytest.fixture(scope="session")
def world():
    with tempfile.TemporaryDirectory(prefix="lanyard-rules-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        stack = Stack(Options(repository=REPOSITORY, data=folder / "stack", replicas=REPLICAS, overrides=SETTINGS))
        binaries = find_binaries(REPOSITORY, "debug")
        try:
            yield World(Harness(stack, stack.up(binaries), binaries, None))
        finally:
            stack.down(erase=True)


@pytest.fixture
def tenant(world):
    return world.tenant()
