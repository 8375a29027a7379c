"""A process that stands still past its lease and wakes: the store stays right, and what nobody needs is given back."""

import signal
import time

import pytest
from faults.place import IS_FULL, LEASE_SECONDS
from harness import eventually, sql

# A revocation that was claimed by whoever stands still is given to another one after a minute.
WAKE_SECONDS = 120.0
CALL_SECONDS = 6.0
# A refresh token and an access token are given back each time.
TOKENS = 2


only_in_the_campaign = pytest.mark.skipif(not IS_FULL, reason="takes a minute: make faults")


def stopped_at(place, point: str, account):
    """Lets an exchanger stand still in the middle of the account's refresh."""
    blow = place.arm(point, "stop", account.id)
    # Whoever was with the one that stands still gives up soon and asks again.
    watcher = place.watch(account, time.monotonic(), timeout=CALL_SECONDS)
    instance = place.struck(blow)
    place.hold(instance)
    return instance, watcher


def attempt_states(place, account) -> list[str]:
    return sql(
        place, "vault", f"SELECT state FROM refresh_attempt WHERE connection_id = '{account.id}' ORDER BY fence"
    ).splitlines()


@only_in_the_campaign
def test_stopped_with_the_answer_in_hand_while_another_takes_over(place, party, report):
    organization = place.organization()
    [account] = place.accounts(organization.owner, party, organization.host, 1, "paused")
    place.expire([account])
    before = party.refreshes()
    instance, watcher = stopped_at(place, "exchanger.refresh.answered", account)
    watcher.join()
    assert account.recovered is not None, "another exchanger takes over when the lease has ended"
    [token] = account.seen
    place.signal(instance, signal.SIGCONT)
    eventually(lambda: attempt_states(place, account) == ["superseded", "committed"], WAKE_SECONDS, "the late commit")
    assert account.is_ready()
    calls = party.refreshes() - before
    report.add(
        "test_pauses.py", f"an exchanger stands still past its lease of {LEASE_SECONDS} s with the answer in hand, and wakes",
        f"its commit was refused, {calls} provider calls, the Connection kept the token of the one that took over",
    )
    assert account.seen == {token}
    assert party.mail(token) == 200
    assert calls == 2
    # Both hold the same grant at the provider: to give the late token back would have ended the other one too.
    assert account.can_refresh()


def test_stopped_with_the_answer_in_hand_while_the_person_disconnects(place, party, report):
    organization = place.organization()
    [account] = place.accounts(organization.owner, party, organization.host, 1, "left")
    place.expire([account])
    before = party.revocations()
    families = place.families()
    instance, _ = stopped_at(place, "exchanger.refresh.answered", account)
    account.member.revoke(account.id, account.application)
    # The one that stands still may have been given the revocation of the old tokens too: both happen when it wakes.
    place.signal(instance, signal.SIGCONT)
    eventually(lambda: party.revocations() >= before + 2 * TOKENS, WAKE_SECONDS, "the revocation of old and late tokens")
    eventually(lambda: attempt_states(place, account) == ["superseded"], WAKE_SECONDS, "the late commit")
    eventually(lambda: place.families() == families - 1, WAKE_SECONDS, "the end of the grant at the provider")
    status, value = account.ask()
    assert account.seen == set()
    assert (status, value.get("status")) == (200, "consentRequired")
    report.add(
        "test_pauses.py", "an exchanger stands still with the answer in hand, its Connection is revoked, and it wakes",
        "its commit was refused and the late token revoked at the provider; nothing of the grant lives on",
    )


@only_in_the_campaign
def test_stopped_before_the_call_it_is_not_made(place, party, report):
    organization = place.organization()
    [account] = place.accounts(organization.owner, party, organization.host, 1, "late")
    place.expire([account])
    before = party.refreshes()
    instance, watcher = stopped_at(place, "exchanger.refresh.leased", account)
    watcher.join()
    assert account.recovered is not None
    place.signal(instance, signal.SIGCONT)
    eventually(lambda: len(attempt_states(place, account)) == 2 and "intended" not in attempt_states(place, account),
               WAKE_SECONDS, "both attempts' end")
    assert account.is_ready()
    calls = party.refreshes() - before
    report.add(
        "test_pauses.py", f"an exchanger stands still past its lease of {LEASE_SECONDS} s before it has called the provider",
        f"it looked at its lease and did not call: {calls} provider call",
    )
    assert calls == 1
    assert len(account.seen) == 1
