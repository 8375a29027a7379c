"""An MCP server with its authorization server in one, all in order but for one place that names another address; and a trap."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from localstack.ports import LOOPBACK

# Where a URL can be put: every place that discovery takes one from.
PLACES = [
    "challenge", "authorization_servers", "authorization_endpoint", "token_endpoint", "registration_endpoint",
    "redirect_of_server", "redirect_of_resource", "redirect_of_metadata", "redirect_of_registration",
]


class Trap:
    """Listens, and counts who connects."""

    def __init__(self):
        self._listener = socket.socket()
        self._listener.bind((LOOPBACK, 0))
        self._listener.listen(128)
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()

    def stop(self) -> None:
        self._listener.close()


class HostileServer:
    """Says `address` at `place`."""

    def __init__(self, port: int):
        self.origin = f"http://{LOOPBACK}:{port}"
        self.url = f"{self.origin}/mcp"
        self.place: str | None = None
        self.address = ""
        self.registrations = 0
        hostile = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                if self.path == "/mcp":
                    hint = hostile.named("challenge", "/resource")
                    self._answer(401, {}, "redirect_of_server", {"WWW-Authenticate": f'Bearer resource_metadata="{hint}"'})
                elif self.path == "/register":
                    hostile.registrations += 1
                    self._answer(201, {"client_id": "client"}, "redirect_of_registration")
                else:
                    self._answer(400, {"error": "invalid_grant"})

            def do_GET(self):
                if self.path == "/resource":
                    servers = [hostile.named("authorization_servers", "")]
                    self._answer(200, {"resource": hostile.url, "authorization_servers": servers}, "redirect_of_resource")
                elif self.path == "/.well-known/oauth-authorization-server":
                    self._answer(200, hostile.metadata(), "redirect_of_metadata")
                else:
                    self._answer(404, {})

            def _answer(self, status: int, value: dict, place: str = "", headers: dict | None = None):
                redirected = bool(place) and place == hostile.place
                content = json.dumps(value).encode()
                self.send_response(307 if redirected else status)
                for name, text in (headers or {}).items():
                    self.send_header(name, text)
                if redirected:
                    self.send_header("Location", hostile.address)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                """Quiet."""

        self._server = ThreadingHTTPServer((LOOPBACK, port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def say(self, place: str | None, address: str = "") -> None:
        self.place, self.address = place, address

    def named(self, place: str, path: str) -> str:
        return self.address if place == self.place else self.origin + path

    def metadata(self) -> dict:
        return {
            "issuer": self.origin, "authorization_endpoint": self.named("authorization_endpoint", "/authorize"),
            "token_endpoint": self.named("token_endpoint", "/token"),
            "registration_endpoint": self.named("registration_endpoint", "/register"),
            "code_challenge_methods_supported": ["S256"], "token_endpoint_auth_methods_supported": ["none"],
        }

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
