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
# Due without a caller, and callers beside them.
DUE = 600 if IS_FULL else 80
ASKING = 200 if IS_FULL else 30
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
def orderly(place):
    """Nobody kills anything here, and each test finds a provider that nobody has called."""
    sql(place, "vault", "DELETE FROM provider_weather")


def test_callers_go_before_what_is_due(place, report):
    party = practice_party(place)
    organization = place.organization()
    integration = party.integration(organization.owner, "Practice priority")
    seed(place, organization, integration, party, "due", DUE, people(organization.host, DUE, "due"),
         refresh_tokens(place, party, DUE))
    asking = people(organization.host, ASKING, "asking")
    seed(place, organization, integration, party, "asking", ASKING, asking, refresh_tokens(place, party, ASKING))
    body = {"integrationId": integration["id"], "application": {"id": "asking-0"}}
    waits = []

    def ask(number: int) -> int:
        # Half of what the provider bears.
        time.sleep(max(began + number * 2 / PER_SECOND - time.monotonic(), 0))
        asked = time.monotonic()
        status = API(place.gateway, asking[number].token).raw("POST", "/v1/auth/resolve", body).status
        waits.append(time.monotonic() - asked)
        return status

    # Far more than the provider bears in the time are due; nobody's token lives.
    sql(place, "vault",
        "UPDATE connection SET last_used_at = now(), received_at = now() - interval '1 hour', expires_at = now();"
        " INSERT INTO due_refresh (organization_id, connection_id, generation, reason, due_at)"
        " SELECT organization_id, id, generation, 'expiry', now() FROM connection WHERE application_id = 'due-0'")
    refreshed = "SELECT count(*) FROM connection WHERE application_id = 'due-0' AND generation = 2"
    eventually(lambda: int(sql(place, "vault", refreshed)) >= 1, what="the first of the queue")
    began = time.monotonic()
    with ThreadPoolExecutor(_CALLERS) as callers:
        statuses = list(callers.map(ask, range(ASKING)))
    begun = ("(SELECT count(*) FROM refresh_attempt a JOIN connection c ON c.id = a.connection_id"
             " WHERE c.application_id = '{}-0' AND a.started_at BETWEEN t.first AND t.last)")
    seconds, due, asked = sql(
        place, "vault",
        f"SELECT extract(epoch FROM t.last - t.first), {begun.format('due')}, {begun.format('asking')} FROM ("
        " SELECT min(a.started_at) AS first, max(a.started_at) AS last FROM refresh_attempt a"
        " JOIN connection c ON c.id = a.connection_id WHERE c.application_id = 'asking-0') t",
    ).split("|")
    eventually(lambda: int(sql(place, "vault", refreshed)) == DUE, DUE / PER_SECOND * 4 + 60, "the end of the queue")
    share = int(due) / (PER_SECOND * float(seconds))
    report.add(
        "test_weather.py",
        f"{DUE} Connections are due at a provider that bears {PER_SECOND} refreshes a second, and {ASKING} callers come",
        f"{statuses.count(200)} of {ASKING} callers served, the slowest after {max(waits):.1f} s; meanwhile the queue had "
        f"{due} of {int(due) + int(asked)} refreshes, {share:.0%} of what the provider bears; all of it done in the end",
    )
    assert statuses == [200] * ASKING
    # A fifth, the burst of a fifth, and what was given a place just before the first caller came.
    assert int(due) <= 0.2 * PER_SECOND * float(seconds) + 0.4 * PER_SECOND + 2


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
