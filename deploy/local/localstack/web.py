"""A small HTTP client over the standard library: no redirects, every answer is a value, errors included."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ssl import SSLContext
from urllib.parse import urlencode

REQUEST_SECONDS = 60.0


@dataclass(frozen=True)
class Response:
    """What came back. `url` is the one that was asked for."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")

    def json(self):
        return json.loads(self.body)

    @property
    def location(self) -> str | None:
        return self.headers.get("Location")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments, **named):
        return None


class HTTP:
    """Sends requests and keeps cookies, as one browser or one program would."""

    def __init__(self, tls: SSLContext | None = None):
        # Browsers treat loopback as secure, so Secure cookies work over plain HTTP there.
        self.cookies = CookieJar(DefaultCookiePolicy(secure_protocols=("https", "http")))
        handlers: list[urllib.request.BaseHandler] = [
            urllib.request.ProxyHandler({}),
            _NoRedirect(),
            urllib.request.HTTPCookieProcessor(self.cookies),
        ]
        if tls is not None:
            handlers.append(urllib.request.HTTPSHandler(context=tls))
        self._opener = urllib.request.build_opener(*handlers)

    def send(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None,
        timeout: float = REQUEST_SECONDS,
    ) -> Response:
        """Sends one request. Raises `OSError` when no answer comes."""
        request = urllib.request.Request(url, data=body, method=method, headers=dict(headers or {}))
        try:
            answer = self._opener.open(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return Response(url, answer.status, answer.headers, answer.read())

    def get(self, url: str, headers: Mapping[str, str] | None = None, timeout: float = REQUEST_SECONDS) -> Response:
        return self.send("GET", url, headers, timeout=timeout)

    def post_form(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Response:
        form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.send("POST", url, form, urlencode(fields).encode())

    def send_json(
        self, method: str, url: str, value=None, token: str | None = None, timeout: float = REQUEST_SECONDS,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        headers = {"Accept": "application/json", **(headers or {})}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        body = None
        if value is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(value).encode()
        return self.send(method, url, headers, body, timeout)
