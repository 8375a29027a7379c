"""A whole stack with many sessions and a vault full of Connections."""

import json
import subprocess
from base64 import b64encode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from localstack.errors import StackError
from localstack.journey import SCOPES, practice_integration
from localstack.layout import write_private
from localstack.options import Options
from localstack.stack import OWNER, RunningStack, Stack
from localstack.web import HTTP

from . import limits

REPOSITORY = Path(__file__).resolve().parents[3]
_MEASURE_ROUTES = {"LANYARD_MEASURE_ROUTES": "enabled"}
# One organization asks for what a thousand would.
_GATEWAY = {
    **_MEASURE_ROUTES, "LANYARD_LIMITS_CALLS_PER_USER": "100000000", "LANYARD_LIMITS_CALLS_PER_ORGANIZATION": "100000000",
    "LANYARD_LIMITS_MCP_CALLS_PER_ORGANIZATION": "100000000",
}
# What the services can do is measured, not what a provider would bear.
_VAULT = {**_MEASURE_ROUTES, "LANYARD_REFRESH_PER_SECOND": "10000"}
SESSION_SECONDS = 4 * 60 * 60
_CALLERS_AT_ONCE = 8
_VACUUM_SECONDS = 300
# RFC 7636 wants at least 43 characters; nobody attacks this one.
_VERIFIER = "benchmark-" * 5


@dataclass(frozen=True)
class Person:
    """One of the users who ask."""

    user_id: str
    token: str


class BenchStack:
    """Starts a stack, gives it people, fills its vault."""

    def __init__(self, data: Path, binaries: Path):
        self._binaries = binaries
        self.stack = Stack(
            Options(repository=REPOSITORY, data=data, overrides={"vault": _VAULT, "gateway": _GATEWAY}))
        self.running: RunningStack | None = None
        self.people: list[Person] = []
        self.integration: dict = {}

    def start(self) -> None:
        self.running = self.stack.up(self._binaries)
        owner = self.running.host.session(OWNER["id"], "owner", email=OWNER["email"], name=OWNER["name"])
        self.integration = practice_integration(self.running, owner)
        with ThreadPoolExecutor(_CALLERS_AT_ONCE) as callers:
            self.people = list(callers.map(self._person, range(limits.USERS)))

    def stop(self) -> None:
        self.stack.down(erase=True)

    @property
    def gateway(self) -> str:
        return self.running.gateway_url

    @property
    def folder(self) -> Path:
        return self.stack.layout.secrets

    def _person(self, number: int) -> Person:
        created = self.running.host.create_session(f"bench-{number}", seconds=SESSION_SECONDS)
        return Person(created["userId"], created["token"])

    # Connections

    def seed(
        self, prefix: str, connections: int, applications: int, people: list[Person], refresh_tokens: Path | None = None
    ) -> float:
        """Fills the vault and returns the seconds that it took."""
        users = self.folder / f"{prefix}.users"
        write_private(users, "".join(f"{person.user_id}\n" for person in people))
        arguments = [
            self._binaries / "lanyard-bench", "seed",
            "--database-url-file", self.running.databases["vault"].application_url_file,
            "--keyring-file", self.stack.layout.keys / "keyring.json",
            "--organization", self.running.organization_id, "--integration", self.integration["id"],
            "--provider", "sandbox", "--provider-url", self.running.practice_provider.issuer, "--scope", SCOPES[0],
            "--users-file", users, "--applications", str(applications), "--application-prefix", prefix,
            "--connections", str(connections),
        ]
        if refresh_tokens is not None:
            arguments += ["--refresh-tokens-file", refresh_tokens]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=limits.SEED_SECONDS)
        if done.returncode != 0:
            raise StackError(f"lanyard-bench seed failed:\n{done.stderr.strip()}")
        self._settle()
        return json.loads(done.stdout)["seconds"]

    def _settle(self) -> None:
        """Statistics, visibility and a checkpoint: what a database that has run for a while has behind it."""
        server = self.running.server
        subprocess.run(
            ["psql", "--no-psqlrc", "--quiet", "--command", "VACUUM (ANALYZE) connection", "--command", "CHECKPOINT"],
            env=server.acting_as(server.user, server.password, "vault").environment, check=True,
            timeout=_VACUUM_SECONDS,
        )

    def pairs(self, prefix: str, applications: int, people: list[Person]) -> Path:
        """A file of everyone with every Application, for the load generator."""
        file = self.folder / f"{prefix}.pairs"
        write_private(
            file,
            "".join(
                f"{person.token}\t{prefix}-{number}\n" for number in range(applications) for person in people),
        )
        return file

    def released(self) -> int:
        """Access tokens released so far, by the audit trail."""
        server = self.running.server
        return int(
            server.acting_as(server.user, server.password, "vault").run(
                "SELECT count(*) FROM audit_entry WHERE action = 'connection.token.released';")
        )

    # Refresh tokens of the practice provider

    def refresh_tokens(self, count: int, name: str) -> Path:
        """A file of as many live refresh tokens, each of an authorization of its own."""
        with ThreadPoolExecutor(_CALLERS_AT_ONCE) as callers:
            tokens = list(callers.map(lambda _: self._authorize(SCOPES)["refresh_token"], range(count)))
        file = self.folder / name
        write_private(file, "".join(f"{token}\n" for token in tokens))
        return file

    def client_authorization(self) -> str:
        """The Authorization header of the practice provider's client."""
        practice = self.running.plan.practice
        account = f"{practice.client_id}:{practice.client_secret}"
        return "Basic " + b64encode(account.encode()).decode()

    def access_token(self, scopes: list[str]) -> str:
        """An access token of the practice provider, as a client of its own would have it."""
        return self._authorize(scopes)["access_token"]

    def _authorize(self, scopes: list[str]) -> dict:
        provider, practice = self.running.practice_provider, self.running.plan.practice
        redirect = f"{self.gateway}/oauth/callback"
        challenge = urlsafe_b64encode(sha256(_VERIFIER.encode()).digest()).rstrip(b"=").decode()
        query = urlencode(
            {
                "response_type": "code", "client_id": practice.client_id, "redirect_uri": redirect,
                "state": "benchmark", "scope": " ".join(scopes), "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        answer = parse_qs(urlsplit(provider.authorize(f"{practice.issuer}/authorize?{query}")).query)
        token = HTTP().post_form(
            f"{practice.issuer}/token",
            {
                "grant_type": "authorization_code", "code": answer["code"][0], "redirect_uri": redirect,
                "code_verifier": _VERIFIER,
            },
            {"Authorization": self.client_authorization()},
        )
        if token.status != 200:
            raise StackError(f"The practice provider answered {token.status} to a code.")
        return token.json()
