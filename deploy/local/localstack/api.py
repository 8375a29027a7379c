"""Lanyard's public API, as a host platform and its members call it."""

from collections.abc import Mapping

from .errors import StackError
from .web import HTTP, Response


class Problem(StackError):
    """The API refused. Carries the stable code and the sentence for people."""

    def __init__(self, status: int, code: str, detail: str, call: str):
        super().__init__(f"{call} answered {status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail


class API:
    """Calls with one credential: an organization's API key or a session token."""

    def __init__(self, gateway: str, token: str | None):
        self.gateway = gateway
        self._token = token
        self._http = HTTP()

    def raw(
        self, method: str, path: str, body=None, timeout: float = 60.0, headers: Mapping[str, str] | None = None
    ) -> Response:
        """One call; the answer as it came."""
        return self._http.send_json(method, self.gateway + path, body, self._token, timeout, headers)

    def call(self, method: str, path: str, body=None, timeout: float = 60.0):
        """One call; its JSON. Raises `Problem` for any answer that is not a success."""
        answer = self.raw(method, path, body, timeout)
        if 200 <= answer.status < 300:
            return answer.json() if answer.body else {}
        try:
            document = answer.json()
        except ValueError:
            document = {}
        raise Problem(
            answer.status, document.get("code", "?"), document.get("detail", "no problem document"), f"{method} {path}"
        )

    def session(
        self, user: str, role: str = "member", seconds: int | None = None, charm: str | None = None, **details
    ) -> "API":
        """A member's session, by the organization's API key; with a Charm, one in which that agent acts for them."""
        return API(self.gateway, self.create_session(user, role, seconds, charm, **details)["token"])

    def create_session(
        self, user: str, role: str = "member", seconds: int | None = None, charm: str | None = None, **details
    ) -> dict:
        body: dict = {"user": {"id": user, **details}, "role": role}
        if seconds is not None:
            body["ttlSeconds"] = seconds
        if charm is not None:
            body["charmId"] = charm
        return self.call("POST", "/v1/sessions", body)

    def create_sign_in_link(self, user: str, role: str | None = None, **details) -> dict:
        """A link that signs a person's browser in, once."""
        body: dict = {"user": {"id": user, **details}}
        if role is not None:
            body["role"] = role
        return self.call("POST", "/v1/sign-in-links", body)

    def create_integration(self, **fields) -> dict:
        return self.call("POST", "/v1/integrations", fields)

    def resolve(self, application: dict, **selection) -> dict:
        """`POST /v1/auth/resolve`: a token, a choice of accounts, or a flow for the person to walk through."""
        return self.call("POST", "/v1/auth/resolve", {**selection, "application": application})

    def list(self, application: dict, **selection) -> list[dict]:
        answer = self.call("POST", "/v1/auth/list", {**selection, "application": application})
        return answer["items"] if isinstance(answer, dict) else answer

    def refresh(self, connection: str, application: dict) -> dict:
        return self.call("POST", "/v1/auth/refresh", {"connectionId": connection, "application": application})

    def revoke(self, connection: str, application: dict) -> dict:
        return self.call("POST", "/v1/auth/revoke", {"connectionId": connection, "application": application})

    def flow(self, flow: str, wait_seconds: int = 25) -> dict:
        """The result of a flow, waited for on the server."""
        return self.call("GET", f"/v1/flows/{flow}?wait={wait_seconds}", timeout=wait_seconds + 30)
