"""Starting django-oauth-toolkit for the tests, and driving its pages as a person would."""

import json
import os
import secrets
import select
import subprocess
import sys
from pathlib import Path

from localstack.api import API
from localstack.browser import Browser, find_button
from localstack.consent import origin
from localstack.web import HTTP

from django_provider.configuration import PASSWORD

HERE = Path(__file__).resolve().parent
# It imports a whole web framework: a moment on a quiet machine, half a minute and more on a busy one.
START_SECONDS = 120


class DjangoProvider:
    """A provider that this project did not write, known to Lanyard by nothing but its issuer."""

    name = "django"
    scopes = ["openid", "mail.read"]

    def __init__(self, folder: Path, access_token_seconds: int = 3600):
        folder.mkdir(parents=True, exist_ok=True)
        self._log = open(folder / "provider.log", "wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "django_provider.server", str(folder), str(access_token_seconds)],
            cwd=HERE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log, text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        ready, _, _ = select.select([self._process.stdout], [], [], START_SECONDS)
        line = self._process.stdout.readline() if ready else ""
        if not line:
            self.stop()
            raise RuntimeError(f"the provider did not start; see {folder / 'provider.log'}")
        self.base = f"http://127.0.0.1:{json.loads(line)['port']}"
        self.issuer = f"{self.base}/o"
        self._http = HTTP()
        self.host_and_port = self.base.removeprefix("http://")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=START_SECONDS)
        self._log.close()

    def integration(self, owner: API, name: str = "Django") -> dict:
        """Creates the Integration from the issuer alone and registers its redirect URI at the provider."""
        client_id, client_secret = f"client-{secrets.token_hex(8)}", secrets.token_urlsafe(32)
        created = owner.create_integration(
            name=name, provider="custom", clientId=client_id, clientSecret=client_secret, defaultScopes=self.scopes,
            custom={"providerUrl": self.issuer, "issuer": self.issuer},
        )
        self.register(client_id, client_secret, created["redirectUri"])
        return created

    def register(self, client_id: str, client_secret: str, redirect_uri: str) -> None:
        self._control(
            "POST", "clients", {"clientId": client_id, "clientSecret": client_secret, "redirectUris": [redirect_uri]}
        )

    def approve(self, authorize_url: str, person: str = "ada", allow: bool = True) -> str:
        """Signs in, answers the consent page, and returns the redirect back to Lanyard without opening it."""
        browser, home = Browser(), self.base

        def leaves(url: str) -> bool:
            return origin(url) != home

        page = browser.open(authorize_url, stop=leaves)
        for _ in range(3):
            if isinstance(page, str):
                return page
            sign_in = find_button(page, "sign in")
            if sign_in is not None:
                page = browser.submit(page, *sign_in, {"username": person, "password": PASSWORD}, stop=leaves)
                continue
            button = find_button(page, "authorize" if allow else "cancel")
            if button is None:
                raise AssertionError(f"no consent form at the provider (status {page.response.status})")
            page = browser.submit(page, *button, stop=leaves)
        raise AssertionError("the provider did not send the browser back")

    def mail(self, access_token: str) -> int:
        """The status that an API of the provider gives to the token."""
        return self._http.send_json("GET", f"{self.base}/mail/", token=access_token).status

    def identity_provider(self, owner: API, redirect_uri: str, **more) -> dict:
        """Makes it the one that signs people of the organization in."""
        client_id, client_secret = f"client-{secrets.token_hex(8)}", secrets.token_urlsafe(32)
        self.register(client_id, client_secret, redirect_uri)
        return owner.call("PUT", "/v1/organization/identity-provider", {
            "issuer": self.issuer, "clientId": client_id, "clientSecret": client_secret, "scopes": ["openid"], **more})

    def set_groups(self, person: str, *groups: str) -> None:
        self._control("POST", "groups", {"person": person, "groups": groups})

    def set_last_login(self, person: str, time: str) -> None:
        self._control("POST", "last-login", {"person": person, "time": time})

    def change_key(self) -> None:
        self._control("POST", "key", {})

    def expire(self) -> None:
        self._control("POST", "expire", {})

    def set_lifetime(self, seconds: int) -> None:
        self._control("POST", "lifetime", {"seconds": seconds})

    def refreshes(self) -> int:
        """Refresh requests that reached the token endpoint, answered or not."""
        return self.counts().get("token.refresh_token", 0)

    def revocations(self) -> int:
        return self.counts().get("revocation", 0)

    def counts(self) -> dict:
        return self._control("GET", "counts")

    def secrets(self) -> dict:
        return self._control("GET", "secrets")

    def add_fault(self, **fault) -> None:
        self._control("POST", "faults", fault)

    def clear_faults(self) -> None:
        self._control("DELETE", "faults")

    def _control(self, method: str, what: str, body=None) -> dict:
        answer = self._http.send_json(method, f"{self.base}/_control/{what}/", body)
        assert answer.status == 200, f"{what}: {answer.status}"
        return answer.json()
