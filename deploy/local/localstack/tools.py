"""Calling tools through the gateway's MCP endpoint, as the smallest client of revision 2026-07-28 would."""

import itertools

from .api import API
from .errors import StackError

REVISION = "2026-07-28"
CALL_SECONDS = 60.0
_numbers = itertools.count(1)


class Tools:
    """The tools of one MCP server, for one member's session."""

    def __init__(self, session: API, server: str):
        self._session = session
        self._path = f"/mcp/{server}"

    def names(self) -> list[str]:
        return [tool["name"] for tool in self._ask("tools/list", {})["tools"]]

    def call(self, name: str, **arguments) -> dict:
        """The result of a call: also one that says that the tool failed or was refused (`isError`)."""
        return self._ask("tools/call", {"name": name, "arguments": arguments}, {"Mcp-Name": name})

    def _ask(self, method: str, params: dict, headers: dict[str, str] | None = None) -> dict:
        meta = {
            "io.modelcontextprotocol/protocolVersion": REVISION,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "lanyard-local", "version": "1"},
        }
        body = {"jsonrpc": "2.0", "id": next(_numbers), "method": method, "params": {**params, "_meta": meta}}
        answer = self._session.raw(
            "POST", self._path, body, CALL_SECONDS,
            {"MCP-Protocol-Version": REVISION, "Mcp-Method": method, **(headers or {})},
        )
        try:
            message = answer.json()
        except ValueError:
            message = {}
        if "result" not in message:
            raise StackError(f"{method} was answered with {answer.status}: {message.get('error', answer.text[:200])}")
        return message["result"]


def text(result: dict) -> str:
    """What a result says to an agent."""
    return "\n".join(part["text"] for part in result["content"] if part["type"] == "text")
