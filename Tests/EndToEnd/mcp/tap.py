"""Stands between a client and a server and remembers every message of both, as it went over the wire."""

import http.client
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from localstack.ports import LOOPBACK

ANSWER_SECONDS = 120.0
PIECE_BYTES = 1 << 16
# Of a connection, not of what it carries.
_HOP_HEADERS = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclass
class Exchange:
    """One request with its answer: what was sent, and what came back in order."""

    headers: dict[str, str]
    sent: list[dict]
    status: int
    received: list[dict] = field(default_factory=list)


class Tap:
    """Forwards from its own port to one address."""

    def __init__(self, target: str, port: int = 0):
        parts = urlsplit(target)
        self.exchanges: list[Exchange] = []
        tap = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802
                tap._forward(self, parts.netloc)

            do_GET = do_DELETE = do_POST

            def log_message(self, *arguments):
                pass

        self._server = ThreadingHTTPServer((LOOPBACK, port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://{LOOPBACK}:{self._server.server_port}{parts.path}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _forward(self, handler: BaseHTTPRequestHandler, netloc: str) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in _HOP_HEADERS}
        connection = http.client.HTTPConnection(netloc, timeout=ANSWER_SECONDS)
        try:
            connection.request(handler.command, handler.path, body, headers)
            answer = connection.getresponse()
            exchange = Exchange(
                {name.lower(): value for name, value in headers.items()}, messages(body), answer.status)
            self.exchanges.append(exchange)
            handler.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP_HEADERS:
                    handler.send_header(name, value)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            whole, kind = b"", answer.getheader("Content-Type") or ""
            for piece in _pieces(answer):
                whole += piece
                # Before it is passed on: what somebody has seen is here.
                exchange.received = _so_far(whole, kind)
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                handler.wfile.flush()
            handler.wfile.write(b"0\r\n\r\n")
        except (OSError, http.client.HTTPException):
            # One of the two has gone, and the other one is told so.
            handler.close_connection = True
        finally:
            connection.close()


def _pieces(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    while piece := answer.read1(PIECE_BYTES):
        yield piece


def _so_far(body: bytes, kind: str) -> list[dict]:
    """The messages that are whole."""
    if kind.startswith("text/event-stream"):
        return messages(body.replace(b"\r\n", b"\n").rpartition(b"\n\n")[0], kind)
    try:
        return messages(body, kind)
    except ValueError:
        return []


def messages(body: bytes, kind: str = "application/json") -> list[dict]:
    """The messages of a body: one, several in an array, or those of a stream of events."""
    if not kind.startswith("text/event-stream"):
        value = json.loads(body) if body.strip() else []
        return value if isinstance(value, list) else [value]
    found = []
    for event in body.decode().replace("\r\n", "\n").split("\n\n"):
        data = [line[5:].removeprefix(" ") for line in event.split("\n") if line.startswith("data:")]
        if any(data):
            found.append(json.loads("\n".join(data)))
    return found
