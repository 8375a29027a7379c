"""Everything expires at once at a provider that bears little, and then bears nothing for a while."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import eventually, practice_party, sql
from localstack.api import API
from localstack.build import find_binaries
from localstack.options import Options
from localstack.stack import Stack

from faults.place import IS_FULL, REPOSITORY, FaultPlace
from faults.seeding import people, refresh_tokens, seed

CONNECTIONS = 10_000 if IS_FULL else 60
PER_SECOND = 50 if IS_FULL else 10
DOWN_SECONDS = 120.0 if IS_FULL else 8.0
# The storm's probe, the calls that come back little by little, and those that then wait for their turn.
CALM_SECONDS = 60.0 + CONNECTIONS / PER_SECOND * 2 + 60.0
_CALLERS = 16
# Calls that may be on their way when the storm is noticed, and the probes of its time.
_IN_FLIGHT = 20
_LOOK_SECONDS = 0.5


@pytest.fixture(scope="module")
def place(folder):
    """A stack whose vaults keep to a small number of refreshes a second; two of each, which share it."""
    options = Options(
        repository=REPOSITORY, data=folder / "weather", replicas={"vault": 2, "exchanger": 2},
        overrides={"vault": {"LANYARD_REFRESH_PER_SECOND": str(PER_SECOND)}},
    )
    stack = Stack(options)
    binaries = find_binaries(REPOSITORY, "debug")
    yield FaultPlace(stack, stack.up(binaries), binaries, folder)
    stack.down(erase=True)


@pytest.fixture(autouse=True)
def orderly():
    """Nobody kills anything here."""


def test_a_crowd_at_a_provider_that_is_down(place, report):
    party = practice_party(place)
    organization = place.organization()
    integration = party.integration(organization.owner)
    asking = people(organization.host, CONNECTIONS, "crowd")
    seed(place, organization, integration, party, "crowd", CONNECTIONS, asking, refresh_tokens(place, party, CONNECTIONS))
    lucky = asking[0].user_id
    # One whose token is due and still lives.
    sql(place, "vault", "UPDATE connection SET received_at = now() - interval '1 hour',"
        f" expires_at = now() + interval '50 seconds' WHERE user_id = '{lucky}'")
    body = {"integrationId": integration["id"], "application": {"id": "crowd-0"}}

    def ask(person) -> str | None:
        answer = API(place.gateway, person.token).raw("POST", "/v1/auth/resolve", body)
        if answer.status == 200:
            return answer.json()["auth"]["accessToken"]
        assert answer.status == 503 and answer.json()["code"] == "provider_unavailable", answer.status
        return None

    def calls() -> int:
        return party.refreshes()

    def in_state(state: str) -> int:
        return int(sql(place, "vault", f"SELECT count(*) FROM provider_weather WHERE state = '{state}'"))

    place.practice.add_fault(endpoint="token", kind="status", status=500, times=1_000_000, grantType="refresh_token")
    before, began = calls(), time.monotonic()
    waiting = set(asking)
    with ThreadPoolExecutor(_CALLERS) as callers:
        # Down: everybody asks, again and again.
        while time.monotonic() - began < DOWN_SECONDS:
            got = dict(zip(asking, callers.map(ask, asking), strict=True))
            assert [person for person, token in got.items() if token] in ([asking[0]], []), "nobody has a new token"
            if time.monotonic() - began < min(DOWN_SECONDS / 2, 20.0):
                assert got[asking[0]], "a token that lives is handed out"
        assert in_state("storm") == 1
        during = calls() - before
        seconds_down = time.monotonic() - began
        place.practice.clear_faults()
        up, restarted = calls(), time.monotonic()
        fastest, last = 0.0, (restarted, up)
        while waiting:
            assert time.monotonic() - restarted < CALM_SECONDS, f"{len(waiting)} are without a token"
            turn = list(waiting)
            waiting -= {person for person, token in zip(turn, callers.map(ask, turn), strict=True) if token}
            now, count = time.monotonic(), calls()
            if now - last[0] >= 1:
                fastest, last = max(fastest, (count - last[1]) / (now - last[0])), (now, count)
            time.sleep(_LOOK_SECONDS)
    recovered = time.monotonic() - restarted
    after = calls() - up
    dead = int(sql(place, "vault", "SELECT count(*) FROM connection WHERE status NOT IN ('active', 'degraded')"))
    report.add(
        "test_weather.py",
        f"{CONNECTIONS:,} Connections expire together, {PER_SECOND} refreshes a second, provider down for {seconds_down:.0f} s",
        f"{during:,} calls while it was down, {after:,} afterwards, at most {fastest:.0f} a second; {dead} dead Connections; "
        f"everybody served {recovered:.0f} s after it came back",
    )
    assert dead == 0
    assert during <= _IN_FLIGHT * 3 + seconds_down / 10 + 1
    assert after <= CONNECTIONS
    # Places that were kept for two seconds may be used within one second of a look.
    assert fastest <= PER_SECOND * 3
    eventually(lambda: in_state("clear") + in_state("clearing") == 1, what="the end of the storm")
