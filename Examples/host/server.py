#!/usr/bin/env python3
"""A small host platform that embeds three apps through Lanyard. Standard library only; see ../README.md.

What to copy: the API key stays here, the page gets a session token for the person who is signed in and only on a
request that its own pages made, and every page carries a strict policy with a nonce of its own.
"""

import json
import secrets
import sys
import time
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from applications import Application, find_applications
from lanyard import Lanyard, LanyardError
from page import PAGE_FOLDER, policy, render
from people import PEOPLE, Person, signed_in
from settings import Settings

_APPS_FOLDER = Path(__file__).resolve().parents[1] / "apps"
_LOOPBACK = "127.0.0.1"
_COOKIE = "example_person"
# A sign-in form is one short field.
_MAXIMUM_FORM_BYTES = 1_000
_NONCE_BYTES = 16
_IDLE_SECONDS = 30.0
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_PAGE_FILES = {"host.js", "platform.js", "host.css", "icon.svg"}


class Host(BaseHTTPRequestHandler):
    """One request of a browser."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    settings: Settings
    lanyard: Lanyard

    def do_GET(self) -> None:
        if not self._is_for_us():
            return
        path = self.path.split("?")[0]
        match path.strip("/").split("/"):
            case [""]:
                self._show_page()
            case ["healthz"]:
                self._send(HTTPStatus.OK, "application/json", b'{"status":"ok"}')
            case ["page", name] if name in _PAGE_FILES:
                self._send_file(PAGE_FOLDER / name)
            case ["apps", application, name] if application in self._applications:
                # The apps run on an origin of their own, so their modules are fetched across origins.
                self._send_file(self._applications[application].file(name), {"Access-Control-Allow-Origin": "*"})
            case _:
                self._refuse(HTTPStatus.NOT_FOUND, "There is nothing at this address.")

    def do_POST(self) -> None:
        if not self._is_for_us():
            return
        body = self._body()
        if body is None:
            return
        if self.headers.get("Origin") != self._origin:
            # Only our own page may ask: a token or a sign-in on behalf of another site would be theirs to use.
            self._refuse(HTTPStatus.FORBIDDEN, "This request did not come from our own page.")
        elif self.path == "/session":
            self._give_session()
        elif self.path == "/sign-in":
            self._sign_in(parse_qs(body.decode("ascii", errors="replace")).get("person", [""])[0])
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "There is nothing at this address.")

    def _show_page(self) -> None:
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        html = render(self.settings, self._applications, self._person, self._origin, nonce)
        self._send(
            HTTPStatus.OK, "text/html; charset=utf-8", html.encode(),
            {"Content-Security-Policy": policy(self.settings, nonce), "Cache-Control": "no-store"},
        )

    def _give_session(self) -> None:
        try:
            session = self.lanyard.create_session(self._person)
        except LanyardError as error:
            _log("no session", reason=str(error))
            self._refuse(HTTPStatus.BAD_GATEWAY, "Lanyard gave no session for you.")
            return
        self._send(HTTPStatus.OK, "application/json", json.dumps(session).encode(), {"Cache-Control": "no-store"})

    def _sign_in(self, person: str) -> None:
        if person not in PEOPLE:
            self._refuse(HTTPStatus.BAD_REQUEST, "person: nobody has this id.")
            return
        cookie = f"{_COOKIE}={person}; Path=/; HttpOnly; SameSite=Strict"
        self._send(HTTPStatus.SEE_OTHER, "text/plain", b"", {"Location": "/", "Set-Cookie": cookie})

    @property
    def _applications(self) -> dict[str, Application]:
        """Looked up each time: a new folder is an app as soon as the page is loaded again."""
        return find_applications(_APPS_FOLDER)

    @property
    def _person(self) -> Person:
        morsel = SimpleCookie(self.headers.get("Cookie", "")).get(_COOKIE)
        return signed_in(morsel.value if morsel else None)

    @property
    def _origin(self) -> str:
        return f"http://{self.headers['Host']}"

    def _is_for_us(self) -> bool:
        """A page elsewhere may point a name of its own at this address: then the Host header is not ours."""
        port = self.server.server_address[1]
        if self.headers.get("Host") in (f"{_LOOPBACK}:{port}", f"localhost:{port}"):
            return True
        self._refuse(HTTPStatus.MISDIRECTED_REQUEST, "This server answers on its own address only.")
        return False

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _MAXIMUM_FORM_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large.")
            return None
        return self.rfile.read(int(length))

    def _send_file(self, path: Path | None, headers: dict[str, str] | None = None) -> None:
        if path is None:
            self._refuse(HTTPStatus.NOT_FOUND, "There is nothing at this address.")
            return
        media_type = _MEDIA_TYPES[path.suffix]
        self._send(HTTPStatus.OK, media_type, path.read_bytes(), {"Cache-Control": "no-cache", **(headers or {})})

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        # What is left of a refused request must not be read as the next one.
        self.close_connection = True
        self._send(status, "text/plain; charset=utf-8", message.encode())

    def _send(
        self, status: HTTPStatus, media_type: str, body: bytes, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        common = {
            "Content-Type": media_type, "Content-Length": str(len(body)), "X-Content-Type-Options": "nosniff",
            # A form's Origin header, which do_POST checks, is "null" under no-referrer.
            "Referrer-Policy": "same-origin",
        }
        for name, value in {**common, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments) -> None:
        """The path and the status, in the form of the other logs."""
        _log(format % arguments)

    def log_error(self, format: str, *arguments) -> None:
        """Nothing: what is refused is logged by its status, and a browser's idle connection that ends is no event."""


def _log(message: str, **facts: str) -> None:
    time_text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    print(json.dumps({"level": "info", "message": message, "time": time_text, **facts}), file=sys.stderr, flush=True)


def main() -> None:
    settings = Settings.from_environment()
    Host.settings = settings
    Host.lanyard = Lanyard(settings.gateway_url, settings.api_key)
    server = ThreadingHTTPServer((_LOOPBACK, settings.port), Host)
    server.daemon_threads = True
    _log(f"Listening on http://{_LOOPBACK}:{server.server_address[1]}")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
