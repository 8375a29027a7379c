"""What the soak does to a running stack, drawn from a seed: blows to processes, the database and the provider, and an operator's deeds meanwhile."""

import random
import secrets
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass

from harness import eventually

from faults.soak_callers import LOST, Caller

_DEED_SECONDS = 120.0
_DOWN_SECONDS = (0.0, 3.0)
_STILL_SECONDS = (1.0, 8.0)
_DATABASE_SECONDS = (0.5, 4.0)
# Each strikes a few calls of the token endpoint, whoever makes them.
_WEATHER = (
    {"kind": "status", "status": 500}, {"kind": "status", "status": 503}, {"kind": "html"}, {"kind": "resetBefore"},
    {"kind": "resetAfter"}, {"kind": "truncated"}, {"kind": "slow", "delayMilliseconds": 3_000}, {"kind": "emptyBody"},
    {"kind": "tooManyRequests", "retryAfterSeconds": 1}, {"kind": "invalidJSON"}, {"kind": "redirect"},
    {"kind": "html", "afterProcessing": True},
)
_MOST_STRIKES = 4


@dataclass(frozen=True)
class Span:
    """When something was wrong with a process or the database, by the clock that the database has too."""

    began: float
    ended: float


class Blows:
    """One at a time, from the thread of the test."""

    def __init__(self, place, chance: random.Random):
        self._place, self._chance = place, chance
        self.counts: Counter[str] = Counter()
        # Those of vault, exchanger and database: each may cost a provider call.
        self.spans: list[Span] = []

    def strike(self) -> str:
        """Whatever comes next."""
        kind = self._chance.choices(
            (self._kill, self._stand_still, self._restart_database, self._rotate_root, self._weather, self._no_revocations),
            (8, 5, 1, 1, 6, 1))[0]
        name = kind()
        self.counts[name] += 1
        return name

    def _victim(self):
        return self._chance.choice([each for each in self._place.running.plan.instances if each.service != "sandbox"])

    def _kill(self) -> str:
        victim, down = self._victim(), self._chance.uniform(*_DOWN_SECONDS)
        began = time.time()
        self._place.kill(victim)
        time.sleep(down)
        self._place.restart(victim, wait=False)
        self._note(victim.service, began)
        return "kill -9"

    def _stand_still(self) -> str:
        victim, still = self._victim(), self._chance.uniform(*_STILL_SECONDS)
        began = time.time()
        self._place.signal(victim, signal.SIGSTOP)
        time.sleep(still)
        self._place.signal(victim, signal.SIGCONT)
        self._note(victim.service, began)
        return "stop"

    def _restart_database(self) -> str:
        down = self._chance.uniform(*_DATABASE_SECONDS)
        began = time.time()
        self._place.stop_database()
        time.sleep(down)
        self._place.start_database()
        self._note("vault", began)
        return "database"

    def _weather(self) -> str:
        fault, times = self._chance.choice(_WEATHER), self._chance.randint(1, _MOST_STRIKES)
        self._place.practice.add_fault(endpoint="token", grantType="refresh_token", times=times, **fault)
        return "provider"

    def _no_revocations(self) -> str:
        self._place.practice.add_fault(endpoint="revocation", kind="status", status=503, times=_MOST_STRIKES)
        return "provider"

    def _rotate_root(self) -> str:
        """A new root key, as the guide has it: every vault knows it before anything is put under it."""
        name = f"r-soak-{self.counts['root key'] + 1}"
        began = time.time()
        command(self._place, "keys", "add-root", "--keyring", self._place.keyring, "--id", name)
        for vault in self._place.running.plan.of("vault"):
            self._place.kill(vault)
            self._place.restart(vault, wait=False)
        command(self._place, "keys", "rotate-root", "--json", "--keyring", self._place.keyring, "--id", name,
                "--database-url-file", self._place.vault_owner)
        self._note("vault", began)
        return "root key"

    def _note(self, service: str, began: float) -> None:
        if service in ("vault", "exchanger"):
            self.spans.append(Span(began, time.time()))


class Deeds:
    """What people and operators do meanwhile. Each is asked for again until it is done."""

    def __init__(self, place, owner, organization: str, integrations: list[tuple[dict, str]], chance: random.Random):
        self._place, self._owner, self._organization, self._chance = place, owner, organization, chance
        self._integrations = dict(enumerate(integrations))
        self.counts: Counter[str] = Counter()
        # Client secrets that ever were, which no log may show.
        self.secrets = [secret for _, secret in integrations]

    def do(self, callers: list[Caller]) -> None:
        """Whatever comes next."""
        kind = self._chance.choices(("revocation", "secret", "organization key"), (6, 3, 2))[0]
        if kind == "revocation":
            self._chance.choice(callers).revoke()
        elif kind == "secret":
            self._rotate_secret(self._chance.choice(list(self._integrations)))
        else:
            command(self._place, "keys", "rotate-organization", "--json", "--organization", self._organization,
                    "--keyring", self._place.keyring, "--database-url-file", self._place.vault_owner)
        self.counts[kind] += 1

    def _rotate_secret(self, number: int) -> None:
        """The provider takes the new secret and the one before it, as those that can rotate do."""
        integration, old = self._integrations[number]
        new = secrets.token_urlsafe(32)
        self.secrets.append(new)
        self._place.practice.add_client(integration["clientId"], new, integration["redirectUri"], old)

        def stored() -> bool:
            try:
                answer = self._owner.raw("POST", f"/v1/integrations/{integration['id']}/secrets", {"clientSecret": new})
            except LOST:
                return False
            assert not 400 <= answer.status < 500, answer.text[:300]
            return answer.status < 300

        eventually(stored, _DEED_SECONDS, "a new client secret")
        self._integrations[number] = (integration, new)


def command(place, *arguments) -> None:
    """The operator's command, again where the database was away."""
    asked = " ".join(str(each) for each in arguments[:2])

    def done() -> bool:
        ended = subprocess.run(
            [place.binaries / "lanyard", *arguments], capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL, timeout=_DEED_SECONDS)
        return ended.returncode == 0

    eventually(done, _DEED_SECONDS, f"the end of lanyard {asked}")
