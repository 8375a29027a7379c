"""A stub in place of a service: a TLS server that knows nothing and answers what the service's document promises.

It holds what it is asked against the same document, and can be told to fail as services and proxies fail.
"""

import json
import ssl
import threading
from collections.abc import Callable
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from localstack.ports import LOOPBACK
from tokens import read_service_token
from wire import document, golden, merged

# Calls that wait at a service until there is something to tell: the stub never has anything.
LONG_POLLS = {
    "/internal/changes": "changes", "/internal/revocations/claim": None, "/internal/notifications/claim": None,
    "/internal/events/claim": None, "/internal/refreshes/claim": None,
}


class Mood(Enum):
    """How the stub answers."""

    GOOD = "good"
    # The service is there and says that it cannot at the moment.
    UNAVAILABLE = "unavailable"
    # A proxy in between has nobody behind it.
    BAD_GATEWAY = "bad gateway"
    # Success, but not from a service of ours.
    PAGE = "page"
    # Success in another shape, as a service of another age might give.
    ANOTHER_SHAPE = "another shape"
    # The connection ends without an answer.
    CUT = "cut"
    # No answer at all until the caller gives up.
    SILENT = "silent"


class StubService:
    """One stubbed neighbour, on a port of its own with the certificate that the real one would have."""

    def __init__(self, service: str, keys: Path, caller: str, changes: dict[str, dict] | None = None):
        """`changes` is what is different from the golden answer, by path."""
        self.service, self.caller, self.keys = service, caller, keys
        self.mood = Mood.GOOD
        self.changes = changes or {}
        self.calls: list[str] = []
        # What a caller should not have sent.
        self.complaints: list[str] = []
        self._stopped = threading.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(keys / "tls" / f"{service}.crt", keys / "tls" / f"{service}.key")
        self._server = _Server((LOOPBACK, 0), _handler(self), context)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float) -> None:
        """As long as a call may wait here, or until the stub ends."""
        self._stopped.wait(seconds)

    def answer(self, method: str, path: str, authorization: str, body: bytes, mood: Mood) -> tuple[int, object]:
        """The status and the JSON of a good answer; a long-poll waits for it, unless it will be another one."""
        self.calls.append(path)
        described = document(self.service)
        operation = described.operation(method, path)
        if operation is None:
            self.complaints.append(f"{method} {path} is not in the document of {self.service}")
            return 404, problem(404, "not_found")
        claims = read_service_token(self.keys, self.caller, authorization)
        if claims is None or (claims["iss"], claims["aud"]) != (self.caller, self.service):
            self.complaints.append(f"{method} {path} came without a token of {self.caller} for {self.service}")
            return 401, problem(401, "unauthenticated")
        value = json.loads(body or b"{}")
        for complaint in described.problems(described.request_schema(operation), value):
            self.complaints.append(f"{method} {path}: {complaint}")
        if path in LONG_POLLS:
            if mood is Mood.GOOD:
                self.wait(value.get("waitSeconds", 0))
            nothing = LONG_POLLS[path]
            return 200, [] if nothing is None else merged(described.answer(operation), {nothing: []})
        answer = described.answer(operation)
        return 200, merged(answer, self.changes[path]) if path in self.changes else answer


def problem(status: int, code: str) -> dict:
    return merged(golden("ProblemDocument"), {
        "status": status, "code": code, "type": f"urn:lanyard:problem:{code}", "title": code, "facts": None,
    })


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A service under test opens up to a hundred connections at once.
    request_queue_size = 128

    def __init__(self, address, handler, context: ssl.SSLContext):
        super().__init__(address, handler)
        self._context = context

    def finish_request(self, request, client_address):
        # In the connection's own thread: a handshake must not keep others waiting.
        with self._context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request, client_address):
        """Callers that give up are what the stub is for."""


def _handler(stub: StubService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            # A mood begins with the next call: the one that is being answered keeps its own.
            mood = stub.mood
            status, value = stub.answer("POST", self.path, self.headers.get("Authorization", ""), body, mood)
            _ANSWERS[mood](self, stub, status, value)

        def reply(self, status: int, content_type: str, content: bytes):
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def reply_json(self, status: int, value):
            kind = "application/json" if status < 400 else "application/problem+json"
            self.reply(status, kind, json.dumps(value).encode())

        def log_message(self, *_):
            """Quiet: what matters is in `calls` and `complaints`."""

    return Handler


def _cut(handler, stub, *_):
    handler.close_connection = True


def _silent(handler, stub, *_):
    # Longer than any time limit between services.
    stub.wait(90)
    handler.close_connection = True


_PAGE = b"<!doctype html><title>Somebody else</title>"
_ANSWERS: dict[Mood, Callable] = {
    Mood.GOOD: lambda handler, stub, status, value: handler.reply_json(status, value),
    Mood.UNAVAILABLE: lambda handler, *_: handler.reply_json(503, problem(503, "unavailable")),
    Mood.BAD_GATEWAY: lambda handler, *_: handler.reply(502, "text/html", _PAGE),
    Mood.PAGE: lambda handler, *_: handler.reply(200, "text/html", _PAGE),
    Mood.ANOTHER_SHAPE: lambda handler, *_: handler.reply_json(200, ["another", "shape"]),
    Mood.CUT: _cut,
    Mood.SILENT: _silent,
}
