"""The bridge in a real browser: a stack without limits on hurry, a host page of another origin, sandboxed apps."""

from pathlib import Path

import pytest
from browsers import open_browser
from harness import Harness, practice_party
from localstack.build import find_binaries
from localstack.options import Options
from localstack.stack import Stack

from bridge.host_page import HostServer
from bridge.mcp_place import PLATFORM, make_place
from bridge.person import Person
from bridge.storage import assert_nothing_stored

REPOSITORY = Path(__file__).resolve().parents[3]
DESKTOP = {"width": 1000, "height": 800}
# One test person and one address do in a minute what a thousand people do.
NO_LIMITS = {
    "LANYARD_LIMITS_FLOW_STARTS_PER_USER": "1000000",
    "LANYARD_LIMITS_FLOW_STARTS_PER_ORGANIZATION": "1000000",
    "LANYARD_LIMITS_CALLBACKS_PER_ADDRESS": "1000000",
}
# Refreshes that nobody asked for would be counted with those that tests ask for.
NOT_AHEAD_OF_TIME = {"LANYARD_PROACTIVE_REFRESH_PER_SECOND": "0"}
SHORT_FLOW_SECONDS = 4


def start_stack(folder: Path, django, vault: dict[str, str]) -> tuple[Stack, Harness]:
    options = Options(
        repository=REPOSITORY, data=folder, egress_allow=[django.host_and_port],
        overrides={"gateway": NO_LIMITS, "vault": NOT_AHEAD_OF_TIME | vault},
    )
    stack = Stack(options)
    binaries = find_binaries(REPOSITORY, "debug")
    return stack, Harness(stack, stack.up(binaries), binaries, django)


@pytest.fixture(scope="session")
def harness(folder, django):
    """Takes the place of the stack that the other end-to-end tests share."""
    stack, harness = start_stack(folder / "bridge", django, {})
    yield harness
    stack.down(erase=True)


@pytest.fixture(scope="session")
def hurried_harness(folder, django):
    """A stack in which a person has only seconds to authorize."""
    seconds = {"LANYARD_FLOW_LIFETIME_SECONDS": str(SHORT_FLOW_SECONDS)}
    stack, harness = start_stack(folder / "bridge-hurried", django, seconds)
    yield harness
    stack.down(erase=True)


@pytest.fixture(scope="session")
def practice(harness):
    return practice_party(harness)


@pytest.fixture(scope="session")
def host_server():
    server = HostServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def organization(harness):
    """A tenant with Integrations at both providers."""
    organization = harness.organization()
    organization.practice = practice_party(harness).integration(organization.owner, "Practice mail")
    organization.django = harness.django.integration(organization.owner, "Django mail")
    return organization


@pytest.fixture
def provider_admin(harness):
    """The practice provider, as its administrator."""
    return harness.running.practice_provider


@pytest.fixture(autouse=True)
def first_consents(provider_admin):
    """People agree at the provider for the first time in every test."""
    for person in ("ada", "grace", "alan"):
        provider_admin.end_authorizations(person)


@pytest.fixture
def context(chromium):
    """A person's browser. Whatever a test did in it, no token is in any storage of it afterwards."""
    context = open_browser(chromium, viewport=DESKTOP)
    context.tokens = []
    yield context
    assert_nothing_stored(context)
    context.close()


@pytest.fixture
def person(context, harness, organization, host_server):
    """Somebody of the organization who has not connected anything yet, in front of the host's page."""
    return Person(context, harness, organization, host_server)


@pytest.fixture(scope="session")
def place(harness):
    """An organization with MCP servers."""
    return make_place(harness)


@pytest.fixture
def mcp_person(context, harness, place, host_server):
    """Somebody of the organization with MCP servers, who has not connected anything yet."""
    return Person(context, harness, place.organization, host_server)


@pytest.fixture
def mcp_desk(mcp_person):
    """Their host page, with a server of the platform's own; apps may name servers of this machine."""
    desk = mcp_person.open_host(connects_to="http://127.0.0.1:*")
    desk.evaluate(PLATFORM)
    return desk
