"""What the campaign does to the stack and its provider, and what it sees of them."""

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from harness import Harness, application, eventually, sql
from localstack.api import API, Problem
from localstack.readiness import wait_until_ready
from localstack.settings import Instance
from localstack.stack import RunningStack, Stack

REPOSITORY = Path(__file__).resolve().parents[3]
# `make faults` runs the whole campaign, `make test` a small one.
IS_FULL = os.environ.get("FAULT_CAMPAIGN") == "full"
# The lease of a deployment; shorter where nobody wants to wait for it. Of it the commit's reserve is 3 s.
LEASE_SECONDS = 25 if IS_FULL else 8
# A Connection is in use again within this after a kill, whatever the lease: the longest, and what it takes to notice.
RECOVERY_SECONDS = 40
# The longest campaign's test takes a quarter of an hour.
SESSION_SECONDS = 3600
_LOOK_SECONDS = 0.3
_CALL_SECONDS = 90.0
_COMMAND_SECONDS = 120


@dataclass
class Account:
    """A Connection with the member and the Application that it is for, and every token that came from it."""

    id: str
    member: API
    integration: dict
    application: dict
    first: str
    # Access tokens that callers were given since it expired.
    seen: set[str] = field(default_factory=set)
    # Seconds from the blow to a token.
    recovered: float | None = None
    watcher: threading.Thread | None = None

    def ask(self, timeout: float = _CALL_SECONDS) -> tuple[int, dict]:
        """One `auth/resolve`. The status, 0 for no answer at all, and the answer."""
        body = {"integrationId": self.integration["id"], "application": self.application}
        try:
            answer = self.member.raw("POST", "/v1/auth/resolve", body, timeout=timeout)
            value = answer.json()
        except (OSError, ValueError):
            return 0, {}
        if answer.status == 200 and value.get("status") == "ready":
            self.seen.add(value["auth"]["accessToken"])
        return answer.status, value

    def is_ready(self, timeout: float = _CALL_SECONDS) -> bool:
        status, value = self.ask(timeout)
        return status == 200 and value.get("status") == "ready"

    def can_refresh(self) -> bool:
        """Whether the refresh token that is stored is the one that the provider knows."""
        answer = self.member.refresh(self.id, self.application)
        return answer["accessToken"] not in self.seen | {self.first}

    def is_refreshed(self) -> bool:
        """The same where processes die: whoever is told to come again (503) does."""
        try:
            return self.can_refresh()
        except Problem as problem:
            assert problem.status == 503, problem
            return False


class FaultPlace(Harness):
    """The running stack, with what can go wrong in it."""

    def __init__(self, stack: Stack, running: RunningStack, binaries: Path, points: Path):
        super().__init__(stack, running, binaries, django=None)
        self._points = points
        self._stopped: set[int] = set()
        # When each fail point struck, by the clock that the database has too.
        self.blows: list[float] = []

    @property
    def practice(self):
        return self.running.practice_provider

    # The operator's command

    def lanyard(self, *arguments) -> str:
        """What the `lanyard` command says."""
        done = subprocess.run(
            [self.binaries / "lanyard", *arguments], capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL, timeout=_COMMAND_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def keyring(self) -> Path:
        return self.stack.layout.keys / "keyring.json"

    @property
    def vault_owner(self) -> Path:
        return self.running.databases["vault"].owner_url_file

    # Connections

    def accounts(self, owner: API, party, host: API, count: int, prefix: str) -> list[Account]:
        """As many Connections under one Integration, each of another member."""
        integration = party.integration(owner, f"Practice {prefix}")
        accounts = []
        for number in range(count):
            member, app = host.session(f"{prefix}-{number}", seconds=SESSION_SECONDS), application("faults")
            auth = self.connect(member, integration, party, app)
            accounts.append(Account(self.connection_id(app), member, integration, app, auth["accessToken"]))
        return accounts

    def connection_id(self, app: dict) -> str:
        return sql(self, "vault", f"SELECT id FROM connection WHERE application_id = '{app['id']}'")

    def expire(self, accounts: list[Account]) -> None:
        """What an hour does to the tokens, at once and in the vault alone."""
        ids = ",".join(f"'{account.id}'" for account in accounts)
        sql(self, "vault", f"UPDATE connection SET expires_at = now() WHERE id IN ({ids})")
        for account in accounts:
            account.seen.clear()
            account.recovered = None

    def attempts(self, accounts: list[Account]) -> list[int]:
        """Refresh attempts of each Connection: at least as many as the provider was called for it."""
        ids = ",".join(f"'{account.id}'" for account in accounts)
        found = sql(
            self, "vault",
            "SELECT c.id || ' ' || count(a.fence) FROM connection c LEFT JOIN refresh_attempt a"
            f" ON a.connection_id = c.id WHERE c.id IN ({ids}) GROUP BY c.id",
        )
        counts = dict(line.split() for line in found.splitlines())
        return [int(counts[account.id]) for account in accounts]

    def takeovers(self, accounts: list[Account]) -> tuple[int, list[str]]:
        """Attempts between the first and the last of a Connection: how many were killed as well, and those that were not."""
        ids = ",".join(f"'{account.id}'" for account in accounts)
        rows = sql(
            self, "vault",
            "SELECT connection_id, extract(epoch FROM started_at), extract(epoch FROM coalesce(ended_at, deadline)) FROM ("
            " SELECT *, row_number() OVER (PARTITION BY connection_id ORDER BY fence) AS number,"
            " count(*) OVER (PARTITION BY connection_id) AS attempts FROM refresh_attempt"
            f" WHERE connection_id IN ({ids})) AS numbered WHERE number > 1 AND number < attempts").splitlines()
        killed = [row for row in rows if self._was_struck(*(float(time) for time in row.split("|")[1:]))]
        return len(killed), [row for row in rows if row not in killed]

    def _was_struck(self, began: float, ended: float) -> bool:
        return any(began <= blow <= ended for blow in self.blows)

    def expect_nothing_stuck(self, accounts: list[Account]) -> None:
        """What somebody still works on ends by itself."""
        eventually(lambda: self.stuck(accounts) == 0, what="the end of every lease and intent")

    def stuck(self, accounts: list[Account]) -> int:
        """Leases that nobody works on, and intents that nobody has closed."""
        ids = ",".join(f"'{account.id}'" for account in accounts)
        return int(
            sql(
                self, "vault",
                f"SELECT (SELECT count(*) FROM connection WHERE id IN ({ids}) AND lease_until <> 'epoch')"
                f" + (SELECT count(*) FROM refresh_attempt WHERE connection_id IN ({ids}) AND state = 'intended')",
            )
        )

    def generations(self, accounts: list[Account]) -> set[int]:
        ids = ",".join(f"'{account.id}'" for account in accounts)
        return {int(line) for line in
                sql(self, "vault", f"SELECT generation FROM connection WHERE id IN ({ids})").splitlines()}

    def watch(
        self, account: Account, since: float, seconds: float = RECOVERY_SECONDS + 30, timeout: float = _CALL_SECONDS
    ) -> threading.Thread:
        """Asks for a token again and again, on a thread of its own, until there is one."""

        def look() -> None:
            while time.monotonic() - since < seconds:
                if account.is_ready(timeout):
                    account.recovered = time.monotonic() - since
                    return
                time.sleep(_LOOK_SECONDS)

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        return thread

    def families(self) -> int:
        """Grants that live at the provider."""
        return self.practice.living_tokens()["total"]["families"]

    # Fail points

    def arm(self, point: str, action: str, subject: str | None = None) -> Path:
        """Arms a fail point, for one record or for whatever passes first. Returns the file that appears when it struck."""
        name = point if subject is None else f"{point}@{subject}"
        # Renamed into place: a process must not read half an action.
        draft = self._points / f".{name}"
        draft.write_text(action, encoding="utf-8")
        draft.chmod(0o666)
        draft.rename(self._points / name)
        return self._points / f"{name}.struck"

    def struck(self, file: Path) -> Instance:
        """Waits until a fail point has struck, and says whom."""
        eventually(file.exists, what=f"a blow at {file.name}")
        pid = int(file.read_text(encoding="utf-8"))
        self.blows.append(file.stat().st_mtime)
        file.unlink()
        return next(instance for instance in self.running.plan.instances if self.running.pids[instance.name] == pid)

    def held(self, file: Path) -> None:
        """Waits until whoever comes first stands still at a fail point that is armed with `hold`."""
        eventually(file.exists, what=f"somebody at {file.name}")

    def disarm(self) -> None:
        for file in self._points.iterdir():
            file.unlink()

    # Processes

    def kill(self, instance: Instance) -> None:
        self.stack.processes.stop([instance.name], kill=True)

    def restart(self, instance: Instance, wait: bool = True) -> None:
        """Starts a process again that was killed, and waits until it is ready."""
        eventually(
            lambda: instance.name not in self.stack.processes.running(), what=f"the end of {instance.name}"
        )
        self.running.pids[instance.name] = self.stack.start_instance(self.running.plan, instance, self.binaries)
        if wait:
            wait_until_ready([instance], self.stack.processes)

    def revive(self) -> None:
        """Starts whatever does not run."""
        self.disarm()
        alive = self.stack.processes.running()
        for instance in self.running.plan.instances:
            if instance.name not in alive:
                self.restart(instance)

    def signal(self, instance: Instance, number: signal.Signals) -> None:
        pid = self.running.pids[instance.name]
        os.kill(pid, number)
        (self._stopped.add if number == signal.SIGSTOP else self._stopped.discard)(pid)

    def hold(self, instance: Instance) -> None:
        """Remembers a process that has stopped itself, so that it is let go in the end whatever happens."""
        self._stopped.add(self.running.pids[instance.name])

    def let_go(self) -> None:
        for pid in list(self._stopped):
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass
            self._stopped.discard(pid)

    # The database

    def stop_database(self) -> None:
        """As when the machine under it fails: nothing is finished first."""
        self.stack.database.stop_at_once()

    def start_database(self) -> None:
        self.stack.database.start()
