"""What the servers of both SDK generations share: who is let in, what they remember, and how they run.

    sdk_server_N.py PORT [ISSUER]

With an issuer, only its access tokens are let in, and each call is remembered with the person whose token it carried.
"""

import hashlib
import json
import sys
import time
import urllib.error
import urllib.request

import uvicorn

# How long the issuer may take to say whose a token is.
ISSUER_SECONDS = 60
ISSUER = sys.argv[2] if len(sys.argv) > 2 else None

# Every tool call that arrived, in order.
calls: list[dict] = []
# Whose token it is, by token: the issuer is asked once for each.
_subjects: dict[str, str | None] = {}
# Markers of `pay` whose page was shown.
_shown: set[str] = set()


def remember(tool: str, headers, **more) -> dict:
    """Notes a call with what its token says. Never the token itself."""
    token = bearer(headers)
    noted = {
        "tool": tool,
        "at": time.time(),
        "subject": _subjects.get(token) if token else None,
        "fingerprint": hashlib.sha256(token.encode()).hexdigest()[:8] if token else None,
        **more,
    }
    calls.append(noted)
    return noted


def is_paid(marker: str) -> bool:
    """False the first time: the person has to open a page first."""
    if marker in _shown:
        return True
    _shown.add(marker)
    return False


def bearer(headers) -> str | None:
    value = headers.get("authorization") or ""
    return value.removeprefix("Bearer ") or None


def _subject(token: str) -> str | None:
    if token not in _subjects:
        request = urllib.request.Request(f"{ISSUER}/userinfo", headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request, timeout=ISSUER_SECONDS) as answer:
                _subjects[token] = json.load(answer)["sub"]
        except urllib.error.HTTPError:
            _subjects[token] = None
    return _subjects[token]


class Gate:
    """Refuses tokens that are not the issuer's, and shows the calls at `/calls`."""

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if scope["path"] == "/calls":
            return await _answer(send, 200, json.dumps(calls).encode())
        if ISSUER is not None:
            headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
            token = bearer(headers)
            if token is None or _subject(token) is None:
                return await _answer(send, 401, b"{}", [(b"www-authenticate", b'Bearer error="invalid_token"')])
        await self._app(scope, receive, send)


async def _answer(send, status: int, body: bytes, headers=()):
    fields = [(b"content-type", b"application/json"), *headers]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


def run(app) -> None:
    uvicorn.run(Gate(app), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
