"""An MCP server that pages may call, of either era: what an app names itself. Remembers what reached it."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODERN, LEGACY = "2026-07-28", "2025-06-18"
_INFO = {"name": "peer", "version": "3.2.1"}
_TOOLS = [
    {"name": "add", "description": "Adds two numbers.", "inputSchema": {"type": "object"}, "title": "Add"},
    {"name": "fail", "inputSchema": {"type": "object"}},
]
_SESSION = "peer-session"


@dataclass
class Received:
    """One message, with the headers that it came with."""

    message: dict
    headers: dict[str, str]

    @property
    def method(self) -> str:
        return self.message["method"]


@dataclass
class Peer:
    """A server on a free port. `accepts`: the bearer token that it wants, if any."""

    era: str
    accepts: str | None = None
    received: list[Received] = field(default_factory=list)

    def __enter__(self) -> "Peer":
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_OPTIONS(self):
                allowed = "content-type, authorization, mcp-protocol-version, mcp-session-id"
                self.answer(204, None, {
                    "Access-Control-Allow-Methods": "POST",
                    # A server of the older era knows none of the newer headers.
                    "Access-Control-Allow-Headers": allowed + (", mcp-method, mcp-name" if peer.era == MODERN else ""),
                })

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                received = Received(json.loads(body), headers)
                peer.received.append(received)
                if peer.accepts is not None and headers.get("authorization") != f"Bearer {peer.accepts}":
                    self.answer(401, {"detail": "Who are you?"})
                elif "id" not in received.message:
                    self.answer(202, None)
                else:
                    self.answer_request(received)

            def answer_request(self, received: Received):
                result = peer.result(received)
                extra = {"Mcp-Session-Id": _SESSION} if received.method == "initialize" else {}
                if result is None:
                    problem = {"code": -32600, "message": "Initialize first."}
                    self.answer(400, {"jsonrpc": "2.0", "id": "server-error", "error": problem}, extra)
                else:
                    message = {"jsonrpc": "2.0", "id": received.message["id"], "result": result}
                    self.answer(200, message, extra, as_events=peer.era == LEGACY)

            def answer(self, status: int, value, headers: dict[str, str] | None = None, as_events: bool = False):
                body = b"" if value is None else json.dumps(value).encode()
                if as_events:
                    progress = json.dumps({"jsonrpc": "2.0", "method": "notifications/progress", "params": {}})
                    body = b": hello\r\n\r\nevent: message\r\ndata: " + progress.encode() + b"\r\n\r\ndata: " + body + b"\r\n\r\n"
                self.send_response(status)
                cors = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Mcp-Session-Id"}
                kind = "text/event-stream" if as_events else "application/json"
                for name, text in {**cors, "Content-Type": kind, **(headers or {})}.items():
                    self.send_header(name, text)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """The test's own output is what matters."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}/mcp"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def methods(self) -> list[str]:
        return [received.method for received in self.received]

    def result(self, received: Received) -> dict | None:
        """What the server answers; None where its era has no such request."""
        params = received.message.get("params", {})
        match received.method, self.era:
            case "server/discover", "2026-07-28":
                return {
                    "resultType": "complete", "supportedVersions": [MODERN], "capabilities": {"tools": {}},
                    "ttlMs": 0, "cacheScope": "private", "_meta": {"io.modelcontextprotocol/serverInfo": _INFO},
                }
            case "initialize", "2025-06-18":
                return {"protocolVersion": LEGACY, "capabilities": {"tools": {}}, "serverInfo": _INFO}
            case "tools/list", _ if self._is_greeted(received):
                return {"resultType": "complete", "tools": _TOOLS, "ttlMs": 0, "cacheScope": "private"}
            case "tools/call", _ if self._is_greeted(received):
                if params["name"] == "fail":
                    return {"content": [{"type": "text", "text": "No."}], "isError": True}
                total = sum(params["arguments"].values())
                return {"content": [{"type": "text", "text": str(total)}], "structuredContent": {"sum": total}}
        return None

    def _is_greeted(self, received: Received) -> bool:
        if self.era == MODERN:
            return received.headers.get("mcp-protocol-version") == MODERN and received.headers["mcp-method"] == received.method
        return received.headers.get("mcp-session-id") == _SESSION
