"""A receiver of webhooks that fails as receivers fail. A test double: it stands for the organization's own server."""

import socket
import struct
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# How a first attempt ends for half of the messages, in turn.
FAILURES = ("500", "503", "429", "reset", "redirect", "silence")
# Shorter than the sender's patience: it is the receiver that gives up.
_SILENCE_SECONDS = 2.0


@dataclass
class Attempt:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    accepted: bool

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class _Server(ThreadingHTTPServer):
    # Every event of a test may come at once; with Python's five, connections beyond are not taken and time out.
    request_queue_size = 256


class WebhookReceiver:
    """Listens on a free port. `/good…` takes everything, `/flaky…` fails the first attempt of every second message, `/down…` always fails,
    `/gone…` says that it is gone."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self._seen: dict[str, set[str]] = defaultdict(set)
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                receiver.answer(self, body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def host_and_port(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.host_and_port}{path}"

    def of(self, path: str) -> list[Attempt]:
        with self._lock:
            return [attempt for attempt in self.attempts if attempt.path == path]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self._lock:
            failure = self._failure(handler.path, headers["webhook-id"])
            self.attempts.append(Attempt(handler.path, headers, body, time.time(), failure is None))
        if failure is None:
            self._send(handler, 204)
        elif failure == "reset":
            # A connection that is closed with this option ends in a reset.
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.close_connection = True
            handler.connection.close()
        elif failure == "silence":
            time.sleep(_SILENCE_SECONDS)
            handler.close_connection = True
        elif failure == "redirect":
            self._send(handler, 302, ("Location", self.url("/elsewhere")))
        else:
            self._send(handler, int(failure))

    def _failure(self, path: str, message: str) -> str | None:
        seen = self._seen[path]
        is_first = message not in seen
        seen.add(message)
        if path.startswith("/down"):
            return "500"
        if path.startswith("/gone"):
            return "410"
        if path.startswith("/flaky") and is_first and len(seen) % 2 == 0:
            return FAILURES[len(seen) // 2 % len(FAILURES)]
        return None

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, status: int, *headers: tuple[str, str]) -> None:
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
