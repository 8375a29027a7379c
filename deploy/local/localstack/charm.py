"""A Charm's tool call through the gateway: with the member's own account, and only the tool that the Charm was given."""

from collections.abc import Callable
from dataclasses import dataclass

from .api import API
from .browser import Browser
from .consent import walk
from .errors import StackError
from .stack import RunningStack
from .tools import Tools, text

SERVER_NAME = "Practice tools"
CHARM = {"id": "postman", "name": "Postman"}
# What the practice MCP server asks of every token, and what the Charm's tool needs besides.
SCOPES = ["profile", "mail.read"]
TOOL = "list_messages"
OTHER_TOOL = "delete_thing"


@dataclass(frozen=True)
class CharmOutcome:
    """What the summary shows."""

    server_id: str
    charm_id: str
    tool: str


def run(
    stack: RunningStack, owner: API, integration: str, member: dict, person: str, say: Callable[[str], None]
) -> CharmOutcome:
    """Raises `StackError` where a step does not do what it promises."""
    server = practice_server(stack, owner, integration)
    charm = _charm(owner, server["id"])
    say(f"The owner added the MCP server {server['id']} and a Charm that has one of its tools, {TOOL}")
    session = stack.host.session(member["id"], charm=charm["id"], email=member["email"], name=member["name"])
    connect(stack, session, server["id"], person)
    say("The member connected their account to the MCP server")
    tools = Tools(session, server["id"])
    names = tools.names()
    _expect(names == [TOOL], f"The Charm sees {', '.join(names) or 'no tools'}.")
    before = stack.practice_provider.tool_calls(OTHER_TOOL)
    result = tools.call(TOOL, limit=3)
    _expect(not result.get("isError"), f"The tool failed: {text(result)}")
    say(f"The Charm called {TOOL} through the gateway, with the member's own account")
    refused = tools.call(OTHER_TOOL, id="1")
    _expect(bool(refused.get("isError")), f"{OTHER_TOOL} was not refused.")
    _expect(stack.practice_provider.tool_calls(OTHER_TOOL) == before, f"{OTHER_TOOL} reached the MCP server.")
    say(f"{OTHER_TOOL} was refused before it reached the server: {text(refused)}")
    return CharmOutcome(server["id"], charm["id"], TOOL)


def practice_server(stack: RunningStack, owner: API, integration: str) -> dict:
    """The practice MCP server; the one that an interrupted start left behind, if there is one."""
    for known in owner.call("GET", "/v1/mcp-servers")["items"]:
        if known["name"] == SERVER_NAME:
            return known
    auth = {"type": "oauth", "integrationId": integration, "scopes": SCOPES}
    return owner.call(
        "POST", "/v1/mcp-servers",
        {"name": SERVER_NAME, "url": f"{stack.plan.practice.issuer}/mcp", "auth": auth},
    )


def connect(stack: RunningStack, session: API, server: str, person: str) -> None:
    """Connects the member's account, unless it is connected."""
    path = f"/v1/mcp-servers/{server}/connect"
    answer = session.call("POST", path)
    if answer["status"] == "ready":
        return
    walk(Browser(), answer["flow"]["url"], lambda url: stack.practice_provider.authorize(url, person))
    result = session.flow(answer["flow"]["id"])
    _expect(result["status"] == "completed", f"The flow ended as {result['status']}: {result.get('error')}")
    _expect(session.call("POST", path)["status"] == "ready", "The server is not connected after the consent.")


def _charm(owner: API, server: str) -> dict:
    for known in owner.call("GET", "/v1/charms")["items"]:
        if known["id"] == CHARM["id"]:
            return known
    return owner.call(
        "POST", "/v1/charms", {**CHARM, "mcpServers": [{"mcpServerId": server, "allowedTools": [TOOL]}]}
    )


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise StackError(otherwise)
