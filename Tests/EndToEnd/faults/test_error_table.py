"""Every kind of answer that a refresh can meet is in its class, seen from outside: what the caller got, whether the old token still serves, how
often the provider was called, what is said about the Connection, and what becomes of it when the provider is well again."""

import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import application, sql
from localstack.build import find_binaries
from localstack.options import Options
from localstack.stack import Stack

from faults.error_table import KINDS, Class, Kind
from faults.place import REPOSITORY, Account, FaultPlace

# A provider call may take this minus the 3 s that the commit needs: what comes too late is waited for once.
LEASE_SECONDS = 12
MARGIN_SECONDS = 600
# Due for a refresh, and good for longer than the test takes.
ALIVE_SECONDS = 300
ALWAYS = 1_000_000
LEAST_KINDS = 40
# Tokens that are due are refreshed when somebody asks, and by nobody else: each call is to be counted.
AT_ONCE = 8
# The shortest pause after a failure is one second.
LEAST_PAUSE = 1.0
SLACK_SECONDS = 30.0


@pytest.fixture(scope="module")
def place(folder):
    """A stack of its own, in which everything is due long before its end."""
    options = Options(
        repository=REPOSITORY, data=folder / "errors", replicas={"vault": 2, "exchanger": 2},
        overrides={
            "vault": {
                "LANYARD_REFRESH_LEASE_SECONDS": str(LEASE_SECONDS), "LANYARD_REFRESH_MARGIN_SECONDS": str(MARGIN_SECONDS),
                "LANYARD_REFRESH_FORCED_MINIMUM_SECONDS": "0",
            }
        },
    )
    stack = Stack(options)
    binaries = find_binaries(REPOSITORY, "debug")
    yield FaultPlace(stack, stack.up(binaries), binaries, folder)
    stack.down(erase=True)


@pytest.fixture(autouse=True)
def orderly():
    """Nobody kills anything here."""


class Case:
    """A Connection under an Integration of its own, at a provider with an address of its own: nobody else's weather counts."""

    def __init__(self, place: FaultPlace, party, organization, number: int, kind: Kind):
        self.place, self.party, self.organization, self.kind = place, party, organization, kind
        self.address = f"{party.issuer}/{number}"
        client, secret = f"client-{secrets.token_hex(8)}", secrets.token_urlsafe(32)
        integration = organization.owner.create_integration(
            name=kind.name, provider="custom", clientId=client, clientSecret=secret, defaultScopes=party.scopes,
            custom={"providerUrl": self.address, "issuer": party.issuer},
        )
        place.practice.add_client(client, secret, integration["redirectUri"])
        member, app = organization.member(), application("errors")
        self.old = place.connect(member, integration, party, app)["accessToken"]
        self.account = Account(self._connection(integration["id"])["id"], member, integration, app, self.old)
        self._fault = place.practice.add_fault(
            endpoint="token", grantType="refresh_token", clientId=client, times=ALWAYS, **kind.fault)["id"]
        self.wrong: list[str] = []
        self.calls = 0

    def _connection(self, integration: str) -> dict:
        [connection] = self.organization.owner.call("GET", f"/v1/connections?integrationId={integration}")["items"]
        return connection

    def _change(self, change: str, more: str = "") -> None:
        sql(self.place, "vault", f"UPDATE connection SET {change} WHERE id = '{self.account.id}'; {more}")

    def struck(self) -> int:
        """How often the provider was called."""
        [waiting] = [each for each in self.place.practice.faults() if each["id"] == self._fault]
        return ALWAYS - waiting["remaining"]

    def expect(self, what: str, found, wanted) -> None:
        if found != wanted:
            self.wrong.append(f"{what}: {found}, not {wanted}")

    def ask(self) -> str:
        """What a caller gets: which token, or which refusal."""
        status, value = self.account.ask()
        if status == 200 and value["status"] == "ready":
            return "old token" if value["auth"]["accessToken"] == self.old else "new token"
        return value.get("code") or value.get("status") or str(status)

    def standing(self) -> tuple[str, str | None]:
        """What the Connection's page says, with the Integration's problem where that is what keeps it."""
        connection = self._connection(self.account.integration["id"])
        if connection["status"] == "active":
            integration = self.organization.owner.call("GET", f"/v1/integrations/{connection['integrationId']}")
            problem = integration.get("problem")
            if problem:
                return problem["kind"], problem["reason"]
        return connection["status"], connection.get("reason")

    def pause(self) -> float:
        """Seconds from the last failure to the next try."""
        found = sql(
            self.place, "vault",
            "SELECT extract(epoch FROM c.next_try_at - max(a.ended_at)) FROM connection c JOIN refresh_attempt a ON a.connection_id = c.id"
            f" WHERE c.id = '{self.account.id}' GROUP BY c.next_try_at")
        return float(found or 0)

    def pass_time(self) -> None:
        """What an hour does: the token ends, and so do the pauses, the Connection's own and the provider's."""
        place = f"{self.organization.id} {self.address}"
        self._change(
            "expires_at = least(expires_at, now()), next_try_at = NULL",
            f"UPDATE provider_weather SET not_before = NULL WHERE place = '{place}'")

    def run(self) -> "Case":
        self._change(f"received_at = now() - interval '1 day', expires_at = now() + interval '{ALIVE_SECONDS} seconds'")
        getattr(self, f"_{self.kind.group.name.lower()}")()
        return self

    # What each class means

    def _served(self) -> None:
        self.expect("with a token that lives", self.ask(), "new token")
        self.expect("calls", self.struck(), 1)
        self.expect("standing", self.standing(), ("active", None))
        self.calls = 1

    def _transient(self) -> None:
        self.expect("with a token that lives", self.ask(), "old token")
        self.expect("calls", self.struck(), 1)
        self.expect("standing", self.standing(), ("degraded", self.kind.reason))
        least = self.kind.wait or LEAST_PAUSE
        if not least - 1 <= self.pause() <= least + SLACK_SECONDS:
            self.wrong.append(f"a pause of {self.pause():.1f} s, not {least}")
        if self.kind.wait:
            self._change("expires_at = now()")
            self.expect("within the provider's pause", self.ask(), "provider_unavailable")
            self.expect("calls within the pause", self.struck(), 1)
        self.pass_time()
        self.expect("with a token that has ended", self.ask(), "provider_unavailable")
        self.expect("calls", self.struck(), 2)
        self._recover(2)

    def _unknown(self) -> None:
        self.expect("with a token that lives", self.ask(), "old token")
        self.expect("calls", self.struck(), 1)
        self.expect("standing", self.standing(), ("active", self.kind.reason))
        self._change("expires_at = now()")
        self.expect("with a token that has ended", self.ask(), "provider_unavailable")
        self.expect("calls", self.struck(), 2)
        self.expect("standing", self.standing(), ("degraded", self.kind.reason))
        self._recover(2)

    def _configuration(self) -> None:
        self.expect("with a token that lives", self.ask(), "old token")
        self.expect("calls", self.struck(), 1)
        state, reason = self.standing()
        self.expect("reason", reason, self.kind.reason)
        if state not in ("configError", "clientRefused"):
            self.wrong.append(f"it is {state}")
        self._change("expires_at = now()")
        self.expect("with a token that has ended", self.ask(), "integration_misconfigured")
        self.calls = self.struck()

    def _reauthorize(self) -> None:
        self.expect("with a token that lives", self.ask(), "consentRequired")
        self.expect("calls", self.struck(), 1)
        self.expect("standing", self.standing(), ("needsReauthorization", self.kind.reason))
        self.place.practice.clear_fault(self._fault)
        self.pass_time()
        self.expect("when the provider would answer again", self.ask(), "consentRequired")
        self.calls = 1

    def _recover(self, calls: int) -> None:
        """The provider is well again: nothing was lost."""
        self.place.practice.clear_fault(self._fault)
        self.pass_time()
        self.expect("when the provider answers again", self.ask(), "new token")
        self.expect("standing", self.standing(), ("active", None))
        [token] = self.account.seen - {self.old} or [None]
        self.expect("the new token at the provider", token and self.party.mail(token), 200)
        self.calls = calls + 1


def test_every_answer_is_in_its_class(place, party, report):
    # The slowest first, so that nobody waits for them in the end.
    kinds = sorted(KINDS, key=lambda kind: -kind.fault.get("delayMilliseconds", 0))
    before = party.refreshes()
    organization = place.organization()
    with ThreadPoolExecutor(AT_ONCE) as several:
        cases = list(several.map(lambda each: Case(place, party, organization, *each).run(), enumerate(kinds)))
    calls = party.refreshes() - before
    print("\n".join(f"{case.kind.group.value:22} {case.kind.name}" + "".join(f"\n  wrong: {each}" for each in case.wrong)
                    for case in sorted(cases, key=lambda case: case.kind.group.value)))
    right = [case for case in cases if not case.wrong]
    classes = Counter(case.kind.group.value for case in right)
    report.add(
        "test_error_table.py", f"{len(cases)} kinds of answer to a refresh, with a token that lives and one that has ended",
        f"{len(right)} in their class ({', '.join(f'{count} {name}' for name, count in sorted(classes.items()))}); "
        f"{calls} provider calls; every Connection but those that the provider itself has ended came back",
    )
    assert len(cases) >= LEAST_KINDS
    assert {case.kind.name: case.wrong for case in cases if case.wrong} == {}
    assert calls == sum(case.calls for case in cases)
    assert set(Class) == {kind.group for kind in KINDS}
