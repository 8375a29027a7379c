"""A client's own website on this machine: documents about itself, and the address to which people come back."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from localstack.ports import LOOPBACK

CALLBACK = "/callback"
# A person who has pressed a button is back by then, also on a busy machine.
RETURN_SECONDS = 60.0


class ClientSite:
    """Serves what tests put there, and remembers who came back and how."""

    def __init__(self, port: int):
        self.origin = f"http://{LOOPBACK}:{port}"
        self.callback = f"{self.origin}{CALLBACK}"
        # By path: status, headers and body, or seconds of silence before an answer.
        self.pages: dict[str, tuple[int, dict, bytes] | float] = {}
        self.asked: list[str] = []
        self._returns: list[str] = []
        self._came = threading.Condition()
        self._stopped = threading.Event()
        self._server = _Server((LOOPBACK, port), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def document(self, path: str, kind: str = "application/json", status: int = 200, headers=None, **changes) -> str:
        """Puts a document there; gives back its address, which is the client's id."""
        address = self.origin + path
        fields = {"client_id": address, "client_name": "Document client", "redirect_uris": [self.callback]}
        value = {name: value for name, value in {**fields, **changes}.items() if value is not None}
        self.pages[path] = (status, {"Content-Type": kind, **(headers or {})}, json.dumps(value).encode())
        return address

    def came_back(self) -> str:
        """The address with which the next person came back."""
        deadline = time.monotonic() + RETURN_SECONDS
        with self._came:
            while not self._returns:
                left = deadline - time.monotonic()
                assert left > 0 and self._came.wait(left), "nobody came back to the client"
            return self._returns.pop(0)

    def take(self, path: str) -> tuple[int, dict, bytes]:
        self.asked.append(path)
        if path.partition("?")[0] == CALLBACK:
            with self._came:
                self._returns.append(self.origin + path)
                self._came.notify_all()
            return 200, {"Content-Type": "text/html"}, b"<!doctype html><title>Back</title><h1>Back at the client</h1>"
        page = self.pages.get(path, (404, {}, b""))
        if isinstance(page, float):
            self._stopped.wait(page)
            return 200, {}, b"{}"
        return page


class _Server(ThreadingHTTPServer):
    daemon_threads = True


def _handler(site: ClientSite):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = site.take(self.path)
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:
                # Whoever asked did not want to wait.
                pass

        def log_message(self, *arguments):
            pass

    return Handler
