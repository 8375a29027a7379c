"""What the end-to-end tests say: organizations, members, connections."""

import itertools
import secrets
import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django_client import DjangoProvider
from localstack.api import API
from localstack.browser import Browser
from localstack.consent import walk
from localstack.keys import CommandLine
from localstack.layout import read_json
from localstack.stack import RunningStack, Stack

_numbers = itertools.count(1)
# What happens elsewhere happens within a moment; on two busy cores a moment can be long.
PATIENCE_SECONDS = 60.0
# Of those who last as long as a module or a run, on a busy machine an hour and more; ten minutes are the rule.
SESSION_SECONDS = 14_400


@dataclass
class Organization:
    """A tenant with its owner."""

    id: str
    host: API
    owner: API

    def member(self, name: str | None = None) -> API:
        return self.host.session(name or f"member-{next(_numbers)}", seconds=SESSION_SECONDS)


class Harness:
    """The running stack and short ways to do common things."""

    def __init__(self, stack: Stack, running: RunningStack, binaries: Path, django: DjangoProvider):
        self.stack = stack
        self.running = running
        self.binaries = binaries
        self.django = django
        self.gateway = running.gateway_url
        # Organizations whose audit trail tests have tampered with.
        self.tampered: set[str] = set()

    def organization(self) -> Organization:
        """A new tenant, empty."""
        name = f"Organization {next(_numbers)}"
        created = CommandLine(self.binaries).create_organization(name, self.running.databases["policy"])
        host = API(self.gateway, created["apiKey"])
        return Organization(created["organizationId"], host, host.session("owner", "owner", SESSION_SECONDS))

    @property
    def stack_file(self) -> dict:
        """What the stack tells its user."""
        return read_json(self.stack.layout.stack_file)

    def connect(self, member: API, integration: dict, provider, application: dict, person: str = "ada", **more) -> dict:
        """From nothing to a released token, through the connect page."""
        answer = member.resolve(application, integrationId=integration["id"], **more)
        assert answer["status"] == "consentRequired", answer["status"]
        walk(Browser(), answer["flow"]["url"], lambda url: provider.approve(url, person))
        result = member.flow(answer["flow"]["id"])
        assert result["status"] == "completed", result
        answer = member.resolve(application, integrationId=integration["id"], **more)
        assert answer["status"] == "ready", answer["status"]
        return answer["auth"]

    def ready(self, member: API, integration: dict, application: dict, **more) -> dict:
        """A released token where nobody has to be asked."""
        answer = member.resolve(application, integrationId=integration["id"], **more)
        assert answer["status"] == "ready", answer["status"]
        return answer["auth"]

    def count_rows(self, organizations: list[str]) -> dict[str, int]:
        """Rows of these organizations per table of both databases, as the administrator sees them. What becomes of others meanwhile, as when
        old flows and changes go, does not count."""
        counts = {}
        named = ", ".join(f"''{each}''" for each in organizations)
        for name in ("vault", "policy"):
            server = self.running.server.acting_as(self.running.server.user, self.running.server.password, name)
            rows = server.run(
                "SELECT table_name || '=' || (xpath('/row/c/text()', query_to_xml(format("
                f"'SELECT count(*) AS c FROM %I WHERE organization_id IN ({named})', table_name), false, true, '')))[1]::text"
                " FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'organization_id';"
            )
            for row in rows.splitlines():
                table, _, count = row.partition("=")
                counts[f"{name}.{table}"] = int(count)
        return counts


def sql(harness: "Harness", database: str, script: str) -> str:
    """Asks or changes a database as its administrator, whom no fence holds; for what only time or an operator does."""
    server = harness.running.server
    return server.acting_as(server.user, server.password, database).run(f"{script};").strip()


def application(name: str = "inbox") -> dict:
    """An Application that no other test uses."""
    return {"id": f"app-{name}-{secrets.token_hex(4)}", "appId": f"org.example.{name}", "name": name.title()}


class PracticeParty:
    """The practice provider behind the same words as the other one."""

    name = "practice"
    scopes = ["mail.read"]

    def __init__(self, running: RunningStack):
        self._running = running
        self._practice = running.practice_provider
        self.issuer = self._practice.issuer

    def integration(self, owner: API, name: str = "Practice") -> dict:
        practice = self._running.plan.practice
        return owner.create_integration(
            name=name, provider="sandbox", clientId=practice.client_id, clientSecret=practice.client_secret,
            defaultScopes=self.scopes,
        )

    def approve(self, authorize_url: str, person: str = "ada", allow: bool = True) -> str:
        return self._practice.authorize(authorize_url, person, allow)

    def mail(self, access_token: str) -> int:
        return self._practice.messages(access_token)[0]

    def expire(self) -> None:
        self._practice.expire_tokens()

    def set_lifetime(self, seconds: int) -> None:
        self._practice.change(accessTokenSeconds=seconds)

    def refreshes(self) -> int:
        return self._practice.counters()["grantTypes"].get("refresh_token", {}).get("requests", 0)

    def revocations(self) -> int:
        return self._practice.counters()["endpoints"].get("revocation", {}).get("requests", 0)


def practice_party(harness: Harness) -> PracticeParty:
    return PracticeParty(harness.running)


def wait_until_expired(auth: dict) -> None:
    """Waits for the clock to pass the token's end: time is the event here."""
    remaining = auth["expiresAt"] / 1000 - time.time()
    if remaining > 0:
        time.sleep(remaining + 0.1)


def eventually(condition, seconds: float = PATIENCE_SECONDS, what: str = "the condition"):
    """Waits for something that happens elsewhere, and returns what the condition returned."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds:.0f} s"
        time.sleep(0.05)


@dataclass(frozen=True)
class Verdict:
    """Whether a promised time was kept, and how it was measured."""

    kept: bool
    text: str


class Pace:
    """How long single calls take on this machine at the moment, and whether changes were in force as soon as is promised.

    The word of a change reaches a replica by one call and shows in another, and on a busy machine both wait for the processor as any call does.
    So the promise is held against the usual call, not against the slowest one: what took longer is counted, and only a few may have.
    """

    # One in so many may be late, and one in any case: a machine may stand still for a moment.
    _ONE_IN = 20
    # How late, in times of what is promised and of a call.
    _LONGEST, _CALLS_OF_A_CHANGE = 3, 2

    def __init__(self):
        self._lock = threading.Lock()
        self._seconds: list[float] = []

    def timed(self, call):
        """Makes a call and returns its result."""
        begun = time.monotonic()
        try:
            return call()
        finally:
            with self._lock:
                self._seconds.append(time.monotonic() - begun)

    def judge(self, seen: list[float], promised: float) -> Verdict:
        """Holds the seconds after which each change was seen against the promised ones."""
        usual = statistics.median(self._seconds)
        soon, longest = promised + usual, self._LONGEST * promised + self._CALLS_OF_A_CHANGE * usual
        late = [each for each in seen if each >= soon]
        kept = len(late) <= max(1, len(seen) // self._ONE_IN) and all(each < longest for each in late)
        text = (f"{len(seen) - len(late)} of {len(seen)} within {soon * 1000:.0f} ms, the slowest after {max(seen) * 1000:.0f} ms, "
                f"where {longest * 1000:.0f} ms are the most; a call takes {usual * 1000:.0f} ms (median)")
        return Verdict(kept, text)


def query_names(url: str) -> set[str]:
    """The names of a URL's query parameters."""
    return {pair.partition("=")[0] for pair in urlsplit(url).query.split("&") if pair}
