"""The practice provider's executable alone, and a client of it."""

import base64
import hashlib
import json
import secrets
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import yaml
from localstack.ports import LOOPBACK, free_port
from localstack.practice import PracticeProvider
from localstack.processes import Command, ProcessTable
from localstack.readiness import wait_until_ready
from localstack.settings import Instance
from localstack.web import HTTP, Response
from service import DOCUMENTS

CLIENT_ID = "contract-client"
REDIRECT_URI = "https://client.example/callback"
EVERY_SCOPE = "openid profile email offline_access mail.read"


class PracticeExecutable:
    """The sandbox as an executable started by its own settings, with nothing beside it."""

    def __init__(self, binaries: Path, folder: Path):
        self.instance = Instance("sandbox", 1, free_port([]), 0)
        self.url = f"http://{LOOPBACK}:{self.instance.port}"
        self.client_secret, self.admin_token, self.static_token = (secrets.token_urlsafe(32) for _ in range(3))
        self.administrator = PracticeProvider(self.url, self.admin_token)
        self.http = HTTP()
        self._processes = ProcessTable(folder)
        self._processes.start(
            Command(
                name=self.instance.name, arguments=[str(binaries / "sandbox")], log=folder / "sandbox.log",
                environment={
                    "LANYARD_SANDBOX": "enabled", "SANDBOX_HOST": LOOPBACK, "SANDBOX_PORT": str(self.instance.port),
                    "SANDBOX_CLIENT_ID": CLIENT_ID, "SANDBOX_CLIENT_SECRET": self.client_secret,
                    "SANDBOX_REDIRECT_URIS": REDIRECT_URI, "SANDBOX_ADMIN_TOKEN": self.admin_token,
                    "SANDBOX_MCP_STATIC_TOKEN": self.static_token, "SWIFT_BACKTRACE": "enable=no",
                },
            )
        )
        wait_until_ready([self.instance], self._processes)

    def stop(self) -> None:
        self._processes.stop()

    @property
    def document(self) -> dict:
        return yaml.safe_load((DOCUMENTS / "sandbox.yaml").read_text(encoding="utf-8"))

    @property
    def basic(self) -> dict[str, str]:
        """The client's credential for the token, revocation and introspection endpoints."""
        pair = f"{CLIENT_ID}:{self.client_secret}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    @property
    def admin(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.admin_token}"}

    @property
    def static(self) -> dict[str, str]:
        """The token of the settings, for the MCP server."""
        return {"Authorization": f"Bearer {self.static_token}"}

    def authorization(self, **more) -> tuple[str, str]:
        """A complete authorization request as a query, and the verifier that belongs to it."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        fields = {
            "response_type": "code", "client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI, "scope": EVERY_SCOPE,
            "state": "here", "code_challenge": challenge, "code_challenge_method": "S256", **more,
        }
        return urlencode(fields), verifier

    def code(self, person: str = "ada", **more) -> dict[str, str]:
        """The form that exchanges a fresh code."""
        query, verifier = self.authorization(**more)
        target = self.administrator.authorize(f"{self.url}/authorize?{query}", person)
        answer = parse_qs(urlsplit(target).query)
        return {
            "grant_type": "authorization_code", "code": answer["code"][0], "code_verifier": verifier,
            "redirect_uri": REDIRECT_URI,
        }

    def tokens(self, **more) -> dict:
        """What a fresh code brings."""
        answer = self.form("/token", self.code(**more))
        assert answer.status == 200, answer.text
        return answer.json()

    def form(self, path: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> Response:
        return self.http.post_form(self.url + path, fields, self.basic if headers is None else headers)

    def send(self, method: str, path: str, headers: dict[str, str] | None = None, body=None) -> Response:
        return self.http.send(method, self.url + path, {"Content-Type": "application/json", **(headers or {})}, body)


class MCPCalls:
    """Messages to the MCP server behind one of its doors, written by hand."""

    META = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "contract", "version": "1"},
    }

    def __init__(self, practice: PracticeExecutable, path: str, credential: dict[str, str]):
        self._practice, self._path = practice, path
        self._headers = {**credential, "Accept": "application/json, text/event-stream"}

    def modern(self, method: str, **params) -> Response:
        headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
        if "name" in params:
            headers["Mcp-Name"] = params["name"]
        return self._send(headers, {"id": 1, "method": method, "params": {**params, "_meta": self.META}})

    def begin(self, revision: str) -> str:
        params = {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "contract", "version": "1"}}
        answer = self._send({}, {"id": 1, "method": "initialize", "params": params})
        assert answer.json()["result"]["protocolVersion"] == revision
        return answer.headers["Mcp-Session-Id"]

    def legacy(self, session: str, method: str, **params) -> Response:
        return self._send({"Mcp-Session-Id": session}, {"id": 2, "method": method, "params": params})

    def _send(self, headers: dict[str, str], message: dict) -> Response:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        return self._practice.send("POST", self._path, {**self._headers, **headers}, body)
