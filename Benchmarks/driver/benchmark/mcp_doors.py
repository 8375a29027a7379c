"""The three doors of the practice MCP server, directly and as MCP servers of the organization."""

from dataclasses import dataclass

from localstack.api import API
from localstack.charm import connect
from localstack.errors import StackError
from localstack.stack import OWNER
from localstack.tools import Tools, text

from .bench_stack import SESSION_SECONDS, BenchStack

# What the server asks of every token.
_SCOPES = ["profile"]
_PERSON = "ada"
# For a header that is not sent.
_NONE = "-"


@dataclass(frozen=True)
class Door:
    """How a call comes in: by its own way, and through the gateway."""

    name: str
    # At the server itself, and at nginx.
    path: str
    authorization: str
    # At the gateway.
    server_id: str
    gateway_authorization: str

    @property
    def gateway_path(self) -> str:
        return f"/mcp/{self.server_id}"


def doors(stack: BenchStack) -> list[Door]:
    """Adds the servers, connects a member to the one that needs it, and calls each once."""
    running = stack.running
    owner = running.host.session(OWNER["id"], "owner", email=OWNER["email"], name=OWNER["name"])
    session = running.host.create_session("bench-caller", seconds=SESSION_SECONDS)
    member, authorization = API(stack.gateway, session["token"]), f"Bearer {session['token']}"
    token = running.plan.practice.mcp_token
    kinds = {
        "no token": ("/mcp/open", _NONE, {"type": "none"}),
        "static token": ("/mcp/static", f"Bearer {token}", {"type": "staticToken", "token": token}),
        "OAuth": (
            "/mcp", f"Bearer {stack.access_token(_SCOPES)}",
            {"type": "oauth", "integrationId": stack.integration["id"], "scopes": _SCOPES}),
    }
    found = []
    for name, (path, own, auth) in kinds.items():
        server = owner.call(
            "POST", "/v1/mcp-servers",
            {"name": f"Bench {name}", "url": f"{running.plan.practice.issuer}{path}", "auth": auth})
        if auth["type"] == "oauth":
            connect(running, member, server["id"], _PERSON)
        answer = Tools(member, server["id"]).call("echo", text="Hello")
        if text(answer) != "Hello":
            raise StackError(f"The call at the door with {name} was answered with {answer}.")
        found.append(Door(name, path, own, server["id"], authorization))
    return found


def open_server(stack: BenchStack) -> Tools:
    """The tools of the server without a token, for a member."""
    running = stack.running
    owner = running.host.session(OWNER["id"], "owner", email=OWNER["email"], name=OWNER["name"])
    server = owner.call(
        "POST", "/v1/mcp-servers",
        {"name": "Bench stream", "url": f"{running.plan.practice.issuer}/mcp/open", "auth": {"type": "none"}})
    session = running.host.create_session("bench-caller", seconds=SESSION_SECONDS)
    return Tools(API(stack.gateway, session["token"]), server["id"])
