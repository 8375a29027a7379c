"""Random faults while members use their accounts: whatever happens, the promises hold. `make soak MINUTES=n` runs it for longer."""

import os
import random
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import trails
from harness import eventually, sql
from localstack.api import Problem
from localstack.build import find_binaries
from localstack.options import Options
from localstack.readiness import wait_until_ready
from localstack.stack import Stack

from faults.conftest import NO_LIMITS
from faults.place import REPOSITORY, FaultPlace
from faults.soak_blows import Blows, Deeds, Span
from faults.soak_callers import LOST, Caller, Ledger

SECONDS = float(os.environ.get("SOAK_MINUTES") or 2) * 60
SEED = int(os.environ.get("SOAK_SEED") or random.SystemRandom().randrange(1_000_000))
# What a run takes besides: starting, settling, and the proof of the trail.
REST_SECONDS = 600
CALLERS, INTEGRATIONS = 12, 3
# Part of the tokens that come to their end after each blow, in the vault alone: at the provider they live on, so that a dead one is seen.
AGED_PART, AGED_SECONDS = 0.3, 4
LEASE_SECONDS = 15
# A provider that repeats a lost answer for as long as anything may take here: then nothing is an excuse for a dead Connection.
GRACE_SECONDS = 86_400
SETTLE_SECONDS = 120.0
PAUSE_SECONDS = (0.3, 2.0)
# A day: longer than any soak.
SESSION_SECONDS = 86_400
# What the practice provider's tokens look like.
TOKENS = re.compile(r"s[ar]t_[A-Za-z0-9_-]{16,}")


@pytest.fixture(scope="module")
def place(folder):
    """Two of everything, as a deployment has it."""
    options = Options(
        repository=REPOSITORY, data=folder / "soak", replicas=dict.fromkeys(("vault", "exchanger", "policy", "gateway"), 2),
        overrides={
            "gateway": NO_LIMITS,
            "vault": {
                "LANYARD_REFRESH_FORCED_MINIMUM_SECONDS": "0", "LANYARD_REFRESH_LEASE_SECONDS": str(LEASE_SECONDS),
            },
        },
    )
    stack = Stack(options)
    binaries = find_binaries(REPOSITORY, "debug")
    points = folder / "soak-points"
    points.mkdir()
    place = FaultPlace(stack, stack.up(binaries), binaries, points)
    yield place
    place.let_go()
    stack.down(erase=True)


@pytest.fixture(autouse=True)
def orderly(place):
    """The provider as the soak wants it."""
    place.practice.change(refreshGraceSeconds=GRACE_SECONDS, rotatesRefreshTokens=True, accessTokenSeconds=3600)


def integrations(place, organization, party) -> list[tuple[dict, str]]:
    """Clients of their own, each with its secret."""
    made = []
    for number in range(INTEGRATIONS):
        client, secret = f"client-soak-{number}", f"secret-soak-{number}-{random.SystemRandom().getrandbits(128):x}"
        integration = organization.owner.create_integration(
            name=f"Soak {number}", provider="sandbox", clientId=client, clientSecret=secret, defaultScopes=party.scopes)
        place.practice.add_client(client, secret, integration["redirectUri"])
        made.append((integration, secret))
    return made


def excess(place, organization, spans: list[Span]) -> tuple[int, int, list[str]]:
    """Expiries and the most calls for one, and those with more calls than one, those that the provider failed, and one for each blow meanwhile."""
    rows = sql(
        place, "vault",
        "SELECT connection_id, generation, count(*), count(*) FILTER (WHERE state IN ('failed', 'outcomeUnknown')),"
        " extract(epoch FROM min(started_at)), extract(epoch FROM max(coalesce(ended_at, deadline)))"
        f" FROM refresh_attempt WHERE organization_id = '{organization.id}' GROUP BY 1, 2")
    wrong, most = [], 0
    for row in rows.splitlines():
        connection, generation, calls, failed, began, ended = row.split("|")
        blows = sum(span.began < float(ended) and float(began) < span.ended for span in spans)
        most = max(most, int(calls) - int(failed))
        if int(calls) - int(failed) > 1 + blows:
            wrong.append(f"{connection} {generation}: {calls} calls, {failed} failed, {blows} blows")
    return len(rows.splitlines()), most, wrong


def dead(place, organization) -> list[str]:
    """Connections that somebody ended, and it was not their member. The provider never says so here."""
    return sql(
        place, "vault",
        f"SELECT id || ' ' || status || ' ' || coalesce(reason, '') FROM connection WHERE organization_id = '{organization.id}'"
        " AND status NOT IN ('active', 'degraded', 'revoked')").splitlines()


def leaks(place, secrets: list[str]) -> list[str]:
    """Logs in which a token or a secret stands."""
    found = []
    for log in place.stack.layout.logs.glob("*.log"):
        text = log.read_text(encoding="utf-8", errors="replace")
        if TOKENS.search(text) or any(secret in text for secret in secrets):
            found.append(log.name)
    return found


def age(place, organization) -> None:
    """What an hour does to some of the tokens."""
    sql(
        place, "vault",
        f"UPDATE connection SET expires_at = now() + interval '{AGED_SECONDS} seconds' WHERE organization_id = '{organization.id}'"
        f" AND expires_at > now() + interval '1 minute' AND random() < {AGED_PART}")


def let_an_hour_pass(place) -> None:
    """For every pause after a failure."""
    sql(place, "vault", "UPDATE connection SET next_try_at = NULL")
    sql(place, "vault", "UPDATE provider_weather SET state = 'clear', not_before = NULL, next_probe_at = NULL, answered = 0, failed = 0")


def can_refresh(caller: Caller, told: set[str]) -> bool:
    """Whether the refresh token that is stored is the one that the provider knows. What keeps it from that is told once."""
    try:
        answer = caller.door.refresh(caller.connection, caller.application)
        status = caller.party.mail(answer["accessToken"])
    except (Problem, *LOST) as error:
        status = repr(error)
    if status != 200 and (reason := f"{caller.name}, {caller.connection}: {status}") not in told:
        told.add(reason)
        print(reason)
    return status == 200


def storm(place, organization, callers: list[Caller], ledger: Ledger, blows: Blows, deeds: Deeds, chance: random.Random) -> None:
    """Blows and deeds until the time is over or a promise is broken; then everything runs again."""
    end = time.monotonic() + SECONDS
    with ThreadPoolExecutor(max_workers=1) as people:
        deed = people.submit(deeds.do, callers)
        while time.monotonic() < end and not ledger.violations:
            blows.strike()
            age(place, organization)
            time.sleep(chance.uniform(*PAUSE_SECONDS))
            if deed.done():
                deed.result()
                deed = people.submit(deeds.do, callers)
            assert dead(place, organization) == []
        place.practice.clear_faults()
        place.revive()
        wait_until_ready(place.running.plan.instances, place.stack.processes)
        deed.result()


@pytest.mark.timeout(SECONDS + REST_SECONDS)
def test_the_promises_hold_under_random_faults(place, party, report):
    print(f"seed: {SEED}")
    chance = random.Random(SEED)
    organization = place.organization()
    clients = integrations(place, organization, party)
    before = party.refreshes()
    ledger = Ledger()
    callers = [
        Caller(place, party, organization.host, clients[number % INTEGRATIONS][0], f"caller-{number}", ledger)
        for number in range(CALLERS)
    ]
    blows = Blows(place, random.Random(chance.random()))
    owner = organization.host.session("owner", "owner", seconds=SESSION_SECONDS)
    deeds = Deeds(place, owner, organization.id, clients, random.Random(chance.random()))
    for caller in callers:
        caller.start()
    try:
        storm(place, organization, callers, ledger, blows, deeds, chance)
    finally:
        for caller in callers:
            caller.stop()
        for caller in callers:
            caller.join()
    assert ledger.violations == []
    let_an_hour_pass(place)
    for caller in callers:
        eventually(caller.settle, SETTLE_SECONDS, f"a token for {caller.name}")
    told: set[str] = set()
    for caller in callers:
        eventually(lambda caller=caller: can_refresh(caller, told), SETTLE_SECONDS, f"a refresh for {caller.name}")
    stuck = int(sql(
        place, "vault", "SELECT (SELECT count(*) FROM connection WHERE lease_until <> 'epoch' AND status <> 'revoked')"
        " + (SELECT count(*) FROM refresh_attempt a JOIN connection c ON c.id = a.connection_id"
        " WHERE a.state = 'intended' AND c.status <> 'revoked')"))
    expiries, most, wrong = excess(place, organization, blows.spans)
    attempts = int(sql(place, "vault", "SELECT count(*) FROM refresh_attempt"))
    calls = party.refreshes() - before
    shown = leaks(place, [*deeds.secrets, *(caller.session for caller in callers)])
    counts = ledger.counts
    report.add(
        "test_soak.py",
        f"random faults for {SECONDS / 60:.0f} min, seed {SEED}, {CALLERS} callers, two of each service: "
        f"{', '.join(f'{count} {what}' for what, count in sorted((blows.counts + deeds.counts).items()))}",
        f"{counts['tokens']:,} tokens handed out, {counts['used']:,} used, {len(ledger.violations)} promises broken, "
        f"{len(dead(place, organization))} dead Connections; {calls} provider calls for {expiries} expiries, "
        f"{len(wrong)} without a cause, at most {most} for one; {stuck} stuck leases, {len(shown)} logs with a secret",
    )
    print(f"figure: what callers saw: {dict(sorted(counts.items()))}")
    assert ledger.violations == []
    assert dead(place, organization) == []
    assert wrong == []
    assert calls <= attempts
    assert stuck == 0
    assert shown == []
    assert counts["used"] > 0
    trails.prove(place, "the soak")
