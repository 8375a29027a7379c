"""An OAuth client written by hand, so that it can be wrong, and its person in a browser without a screen."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from localstack.browser import Browser, find_button
from localstack.web import HTTP, Response


def sign_in(host, user: str) -> Browser:
    """A browser in which this person has signed in by a link of the host's."""
    browser = Browser()
    page = browser.open(host.create_sign_in_link(user)["url"])
    page = browser.submit(page, *find_button(page, "sign in"))
    assert page.response.status == 200, page.text
    return browser


def returned(url: str) -> dict[str, str]:
    """What a client is told when its person comes back."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


@dataclass
class Client:
    """One client at one gateway, asking for one endpoint."""

    gateway: str
    resource: str
    redirect_uri: str
    client_id: str = ""
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    http: HTTP = field(default_factory=HTTP)

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def register(self, **changes) -> Response:
        metadata = {"client_name": "Hand-made client", "redirect_uris": [self.redirect_uri], **changes}
        answer = self.http.send_json("POST", f"{self.gateway}/oauth/register", metadata)
        if answer.status == 201:
            self.client_id = answer.json()["client_id"]
        return answer

    def query(self, **changes) -> str:
        """The authorization request's parameters; None leaves one out."""
        fields = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": self.redirect_uri,
            "code_challenge": self.challenge, "code_challenge_method": "S256", "resource": self.resource,
            "state": "a state & more", **changes,
        }
        return urlencode({name: value for name, value in fields.items() if value is not None})

    def authorize_url(self, **changes) -> str:
        return f"{self.gateway}/oauth/authorize?{self.query(**changes)}"

    def leaves(self, url: str) -> bool:
        """Whether a redirect leads away from the gateway."""
        return not url.startswith(f"{self.gateway}/")

    def ask(self, browser: Browser, **changes):
        """The page, or the address to which the browser is sent instead."""
        return browser.open(self.authorize_url(**changes), stop=self.leaves)

    def consent(self, browser: Browser, word: str = "allow", **changes) -> dict[str, str]:
        """The person decides; what the client is told."""
        page = self.ask(browser, **changes)
        if not isinstance(page, str):
            form, button = find_button(page, word)
            page = browser.submit(page, form, button, stop=self.leaves)
        assert isinstance(page, str), page.text
        return returned(page)

    def code(self, browser: Browser) -> str:
        return self.consent(browser)["code"]

    def token(self, **fields) -> Response:
        return self.http.post_form(f"{self.gateway}/oauth/token", {
            name: value for name, value in fields.items() if value is not None})

    def redeem(self, issued: str, **changes) -> Response:
        fields = {
            "grant_type": "authorization_code", "client_id": self.client_id, "code": issued,
            "redirect_uri": self.redirect_uri, "code_verifier": self.verifier, "resource": self.resource,
        }
        return self.token(**{**fields, **changes})

    def refresh(self, token: str, **changes) -> Response:
        fields = {"grant_type": "refresh_token", "client_id": self.client_id, "refresh_token": token}
        return self.token(**{**fields, **changes})

    def tokens(self, browser: Browser) -> dict:
        answer = self.redeem(self.code(browser))
        assert answer.status == 200, answer.text
        return answer.json()


HELLO = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}


def knock(endpoint: str, token: str | None, headers=None) -> Response:
    """Says hello to an endpoint: 200 is let in."""
    return HTTP().send_json(
        "POST", endpoint, HELLO, token, headers={"Accept": "application/json, text/event-stream", **(headers or {})})
