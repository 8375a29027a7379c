"""Many Connections at once, stored as the vault itself does it: nobody walks thousands of them through a consent page."""

import subprocess
from base64 import b64encode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from localstack.layout import write_private
from localstack.web import HTTP

_SEED_SECONDS = 600
_CALLERS_AT_ONCE = 8
_VERIFIER = "a-verifier-of-the-campaign-that-is-long-enough-for-the-rule"


@dataclass(frozen=True)
class Person:
    """A member with a session."""

    user_id: str
    token: str


def people(host, count: int, prefix: str) -> list[Person]:
    created = [host.create_session(f"{prefix}-{number}", seconds=3600) for number in range(count)]
    return [Person(each["userId"], each["token"]) for each in created]


def seed(
    place, organization, integration: dict, party, prefix: str, connections: int, asking: list[Person],
    refresh_tokens: list[str] | None = None,
) -> None:
    """Fills the vault. Those who ask each have a Connection for the Application `<prefix>-0`."""
    folder = place.stack.layout.secrets
    users = _file(folder / f"{prefix}.users", [person.user_id for person in asking])
    database = place.running.databases["vault"]
    arguments = [
        place.binaries / "lanyard-bench", "seed", "--database-url-file", database.application_url_file,
        "--keyring-file", place.stack.layout.keys / "keyring.json", "--organization", organization.id,
        "--integration", integration["id"], "--provider", "sandbox", "--provider-url", party.issuer,
        "--scope", party.scopes[0], "--users-file", users, "--applications", "1", "--application-prefix", prefix,
        "--connections", str(connections),
    ]
    if refresh_tokens is not None:
        arguments += ["--refresh-tokens-file", _file(folder / f"{prefix}.tokens", refresh_tokens)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=_SEED_SECONDS)
    assert done.returncode == 0, done.stderr


def refresh_tokens(place, party, count: int) -> list[str]:
    """As many live refresh tokens of the practice provider, each of an authorization of its own."""
    with ThreadPoolExecutor(_CALLERS_AT_ONCE) as callers:
        return list(callers.map(lambda _: _authorize(place, party), range(count)))


def _authorize(place, party) -> str:
    practice = place.running.plan.practice
    redirect = f"{place.gateway}/oauth/callback"
    query = urlencode(
        {
            "response_type": "code", "client_id": practice.client_id, "redirect_uri": redirect, "state": "campaign",
            "scope": " ".join(party.scopes), "code_challenge_method": "S256",
            "code_challenge": urlsafe_b64encode(sha256(_VERIFIER.encode()).digest()).rstrip(b"=").decode(),
        }
    )
    answer = parse_qs(urlsplit(party.approve(f"{practice.issuer}/authorize?{query}")).query)
    account = b64encode(f"{practice.client_id}:{practice.client_secret}".encode()).decode()
    token = HTTP().post_form(
        f"{practice.issuer}/token",
        {
            "grant_type": "authorization_code", "code": answer["code"][0], "redirect_uri": redirect,
            "code_verifier": _VERIFIER,
        },
        {"Authorization": f"Basic {account}"},
    )
    assert token.status == 200, token.status
    return token.json()["refresh_token"]


def _file(path: Path, lines: list[str]) -> Path:
    write_private(path, "".join(f"{line}\n" for line in lines))
    return path
