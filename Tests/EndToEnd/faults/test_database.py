"""The database fails at the worst moment: the provider has answered, and what it said cannot be stored."""

import time

from faults.place import IS_FULL, LEASE_SECONDS
from harness import eventually, sql

CONNECTIONS = 20 if IS_FULL else 4
# Longer than a lease in each case: whoever does not know of the answer would take the refresh over.
REFUSED_SECONDS = 2 * LEASE_SECONDS if IS_FULL else LEASE_SECONDS + 4
STOPPED_SECONDS = 60 if IS_FULL else LEASE_SECONDS + 4
REPLAY_SECONDS = 60.0
_TRIGGER = """
CREATE FUNCTION refuse_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the disk of the tokens is full' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER refuse_tokens BEFORE UPDATE OF generation ON connection FOR EACH ROW EXECUTE FUNCTION refuse_tokens()
"""


def entries(place) -> int:
    """What lies in the journals of all exchangers."""
    return len(list(place.stack.layout.journal.glob("*/*.entry.json")))


def replayed(place, accounts) -> float:
    """Waits until every Connection is in use again. Returns how long that took."""
    began = time.monotonic()
    for account in accounts:
        eventually(account.is_ready, REPLAY_SECONDS, "the replay of the journal")
    eventually(lambda: entries(place) == 0, REPLAY_SECONDS, "an empty journal")
    return time.monotonic() - began


def settle(place, party, accounts, before: int) -> int:
    """What is the same whatever the fault was. The provider rotates strictly: a second use of a refresh token would have ended the grant."""
    calls = party.refreshes() - before
    assert all(len(account.seen) == 1 for account in accounts)
    assert all(party.mail(next(iter(account.seen))) == 200 for account in accounts)
    assert all(account.can_refresh() for account in accounts)
    place.expect_nothing_stuck(accounts)
    return calls


def test_the_database_refuses_the_commit(place, party, report):
    place.practice.change(refreshGraceSeconds=0)
    organization = place.organization()
    accounts = place.accounts(organization.owner, party, organization.host, CONNECTIONS, "refused")
    place.expire(accounts)
    before = party.refreshes()
    sql(place, "vault", _TRIGGER)
    try:
        watchers = [place.watch(account, time.monotonic(), REFUSED_SECONDS + 2 * REPLAY_SECONDS) for account in accounts]
        eventually(lambda: entries(place) == CONNECTIONS, REPLAY_SECONDS, "an entry for each Connection")
        time.sleep(REFUSED_SECONDS)
        given = sum(len(account.seen) for account in accounts)
        waiting = entries(place)
    finally:
        sql(place, "vault", "DROP TRIGGER refuse_tokens ON connection; DROP FUNCTION refuse_tokens()")
    seconds = replayed(place, accounts)
    for watcher in watchers:
        watcher.join()
    calls = settle(place, party, accounts, before)
    report.add(
        "test_database.py",
        f"the database refuses to store what the provider has answered, for {REFUSED_SECONDS} s, {CONNECTIONS} Connections",
        f"{given} tokens seen before they were durable, {waiting} in the journal, all replayed {seconds:.1f} s after, "
        f"{calls} provider calls",
    )
    assert given == 0
    assert waiting == CONNECTIONS
    assert calls == CONNECTIONS


def test_the_database_stops_before_the_commit(place, party, report):
    place.practice.change(refreshGraceSeconds=0)
    organization = place.organization()
    accounts = place.accounts(organization.owner, party, organization.host, CONNECTIONS, "stopped")
    place.expire(accounts)
    before = party.refreshes()
    # All of them have the answer in hand, and none has stored it, when the database goes.
    blows = [place.arm("exchanger.refresh.answered", "hold", account.id) for account in accounts]
    watchers = [place.watch(account, time.monotonic(), STOPPED_SECONDS + 2 * REPLAY_SECONDS) for account in accounts]
    for blow in blows:
        place.held(blow)
    place.stop_database()
    stopped = time.monotonic()
    place.disarm()
    eventually(lambda: entries(place) == CONNECTIONS, STOPPED_SECONDS + REPLAY_SECONDS, "an entry for each Connection")
    journalled = time.monotonic() - stopped
    time.sleep(max(0.0, stopped + STOPPED_SECONDS - time.monotonic()))
    given = sum(len(account.seen) for account in accounts)
    place.start_database()
    seconds = replayed(place, accounts)
    for watcher in watchers:
        watcher.join()
    calls = settle(place, party, accounts, before)
    report.add(
        "test_database.py",
        f"the database is cut off for {STOPPED_SECONDS} s after the provider has answered, {CONNECTIONS} Connections",
        f"{given} tokens seen before they were durable, all in the journal after {journalled:.1f} s, all replayed "
        f"{seconds:.1f} s after its return, {calls} provider calls",
    )
    assert given == 0
    assert calls == CONNECTIONS
