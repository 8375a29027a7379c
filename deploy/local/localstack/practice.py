"""The practice provider's administration: consent without a browser, expiry on demand, counters, faults."""

from urllib.parse import urljoin

from .errors import StackError
from .web import HTTP


class PracticeProvider:
    """The sandbox service, seen by its administrator."""

    def __init__(self, issuer: str, admin_token: str):
        self.issuer = issuer
        self._token = admin_token
        self._http = HTTP()

    def authorize(self, url: str, person: str = "ada", approve: bool = True) -> str:
        """What the person's browser would be sent to after approving or denying on the consent page."""
        decision = "approve" if approve else "deny"
        return self._admin("POST", "/admin/authorize", {"url": url, "person": person, "decision": decision})[
            "redirectUrl"
        ]

    def expire_tokens(self, person: str = "ada") -> None:
        """Every access token of the person ends now."""
        self._admin("POST", "/admin/tokens/expire", {"person": person})

    def end_authorizations(self, person: str = "ada") -> None:
        """The person takes back what they allowed: refresh tokens end with the rest."""
        self._admin("POST", "/admin/tokens/revoke", {"person": person})

    def living_tokens(self) -> dict:
        """How many grants and tokens live, in all and by person."""
        return self._admin("GET", "/admin/tokens")

    def counters(self) -> dict:
        return self._admin("GET", "/admin/counters")

    def tool_calls(self, tool: str, subject: str | None = None) -> int:
        """How often a tool of the practice MCP server was called; by one person alone, if one is named."""
        counted = self._admin("GET", "/admin/mcp/counters")["tools"].get(tool, {"calls": 0, "subjects": {}})
        return counted["calls"] if subject is None else counted["subjects"].get(subject, 0)

    def all_tool_calls(self) -> int:
        """How often any tool was called, by its name or by one that does not exist."""
        return sum(counted["calls"] for counted in self._admin("GET", "/admin/mcp/counters")["tools"].values())

    def change_tool(self, name: str, members: dict) -> None:
        """Changes members of a tool's definition, or adds a tool."""
        self._admin("PUT", f"/admin/mcp/tools/{name}", members)

    def remove_tool(self, name: str) -> None:
        self._admin("DELETE", f"/admin/mcp/tools/{name}")

    def add_fault(self, **fault) -> dict:
        return self._admin("POST", "/admin/faults", fault)

    def faults(self) -> list[dict]:
        """Those that wait, with what is left of each."""
        return self._admin("GET", "/admin/faults")["items"]

    def clear_fault(self, number: int) -> None:
        self._admin("DELETE", f"/admin/faults/{number}")

    def clear_faults(self) -> None:
        self._admin("DELETE", "/admin/faults")

    def add_client(self, client_id: str, client_secret: str, redirect_uri: str, *other_secrets: str) -> None:
        """Registers another client, or changes the secrets of one."""
        self._admin(
            "POST", "/admin/clients",
            {"clientId": client_id, "clientSecret": client_secret, "otherSecrets": other_secrets,
             "redirectUris": [redirect_uri]},
        )

    def change(self, **settings) -> None:
        """Lifetimes, grace and rotation, at run time."""
        self._admin("PATCH", "/admin/settings", settings)

    def publish(self, **discovery) -> None:
        """What is said to who comes with nothing but an address; what is not named is as usual."""
        self._admin("PUT", "/admin/discovery", discovery)

    def messages(self, access_token: str) -> tuple[int, list]:
        """What a mail application would do with the token. The status and the messages."""
        answer = self._http.send_json("GET", urljoin(self.issuer, "/api/messages"), token=access_token)
        if answer.status != 200:
            return answer.status, []
        value = answer.json()
        return answer.status, value.get("messages", value.get("items", [])) if isinstance(value, dict) else value

    def _admin(self, method: str, path: str, body=None) -> dict:
        answer = self._http.send_json(method, urljoin(self.issuer, path), body, self._token)
        if not 200 <= answer.status < 300:
            raise StackError(f"The practice provider answered {answer.status} to {method} {path}: {answer.text[:200]}")
        return answer.json() if answer.body else {}
