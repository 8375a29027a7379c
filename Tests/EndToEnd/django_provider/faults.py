"""A WSGI lid over the provider: counts what arrives and makes requests fail on demand."""

import errno
import io
import threading
import time
from dataclasses import asdict, dataclass
from urllib.parse import parse_qs

# The endpoints that are counted and can fail, by the end of their path.
ENDPOINTS = {
    "/token/": "token",
    "/revoke_token/": "revocation",
    "/userinfo/": "userinfo",
    "/authorize/": "authorize",
    "/.well-known/openid-configuration": "discovery",
}


@dataclass
class Fault:
    """What goes wrong with the next requests to one endpoint.

    kind: `status` (an answer of that status without processing), `html` (a 200 with a web page), `delay` (processed
    late), `loseAnswer` (processed, then the connection is cut), `cut` (the connection is cut at once).
    """

    endpoint: str
    kind: str
    times: int = 1
    status: int = 500
    seconds: float = 0.0
    grantType: str | None = None


class Lid:
    """The middleware. Safe for many threads."""

    def __init__(self, application):
        self._application = application
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._counts: dict[str, int] = {}

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
            self._counts.clear()

    def counts(self) -> dict[str, int]:
        """Requests by endpoint, `token.refresh_token` and the like by grant type, and `….200` by status."""
        with self._lock:
            return dict(self._counts)

    def faults(self) -> list[dict]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def __call__(self, environ, start_response):
        name = _endpoint(environ["PATH_INFO"])
        if name is None:
            return self._application(environ, start_response)
        grant_type = _grant_type(environ)
        label = f"{name}.{grant_type}" if grant_type else name
        self._count(name, *([label] if label != name else []))
        fault = self._take(name, grant_type)
        if fault is None:
            return self._passed(label, environ, start_response)
        return self._spoiled(fault, label, environ, start_response)

    def _passed(self, label, environ, start_response):
        def counting(status, headers, exc_info=None):
            self._count(f"{label}.{status.split()[0]}")
            return start_response(status, headers, exc_info)

        return self._application(environ, counting)

    def _spoiled(self, fault: Fault, label, environ, start_response):
        if fault.kind == "delay":
            time.sleep(fault.seconds)
            return self._passed(label, environ, start_response)
        if fault.kind == "status":
            start_response(f"{fault.status} Injected", [("Content-Type", "text/plain")])
            return [b"injected fault"]
        if fault.kind == "html":
            start_response("200 OK", [("Content-Type", "text/html")])
            return [b"<html><body><h1>We are down for maintenance</h1></body></html>"]
        if fault.kind == "loseAnswer":
            for _ in self._passed(label, environ, lambda *_: None):
                pass
        # The server closes the connection without an answer when it thinks the client has gone.
        raise ConnectionResetError(errno.ECONNRESET, "injected fault")

    def _take(self, endpoint: str, grant_type: str | None) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.endpoint == endpoint and fault.grantType in (None, grant_type):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                    return fault
        return None

    def _count(self, *labels: str) -> None:
        with self._lock:
            for label in labels:
                self._counts[label] = self._counts.get(label, 0) + 1


def _endpoint(path: str) -> str | None:
    return next((name for end, name in ENDPOINTS.items() if path.endswith(end)), None)


def _grant_type(environ) -> str | None:
    """Reads the grant type of a form and puts the body back."""
    if environ["REQUEST_METHOD"] != "POST" or not environ.get("CONTENT_TYPE", "").startswith(
        "application/x-www-form-urlencoded"
    ):
        return None
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return parse_qs(body.decode("utf-8", "replace")).get("grant_type", [None])[0]
