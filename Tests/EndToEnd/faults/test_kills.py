"""kill -9 at every named point of a refresh: nothing that a caller was given is lost, and nobody waits for the dead."""

import os
import time

from faults.place import IS_FULL, LEASE_SECONDS, RECOVERY_SECONDS

# `FAULT_TIMES` makes a campaign shorter; each time takes the end of a lease.
TIMES = int(os.environ.get("FAULT_TIMES", 20 if IS_FULL else 1))
# Where the process dies, with what has to go wrong elsewhere so that it gets there. At these nobody is left with a lease: the Connection is in use
# again at once, which is waited for. Otherwise the next blow would hit the one that takes over, and count as a second crash.
AT_ONCE = {
    "exchanger.refresh.asked": {},
    "exchanger.refresh.journalled": {"vault.tokens.written": "fail"},
    "exchanger.refresh.stored": {},
    "exchanger.replay.stored": {"vault.tokens.written": "fail", "exchanger.refresh.journalled": "kill"},
    "vault.lease.written": {},
    "vault.tokens.written": {},
    "vault.tokens.stored": {},
}
# At these the lease has to end first. Whoever takes over then may be the next one to die: that is a second crash.
AFTER_THE_LEASE = {
    "vault.failure.written": {"exchanger.refresh.sending": "fail"},
    "exchanger.refresh.leased": {},
    "exchanger.refresh.sending": {},
    "exchanger.refresh.answered": {},
    "vault.lease.given": {},
}
POINTS = {**AT_ONCE, **AFTER_THE_LEASE}
MOST_CALLS = 2


def strike(place, point: str, before: dict[str, str], account) -> None:
    """Kills whoever refreshes the account at the point, and starts it again."""
    file = place.arm(point, "kill", account.id)
    earlier = [(place.arm(name, action, account.id), action) for name, action in before.items()]
    began = time.monotonic()
    account.watcher = place.watch(account, began)
    for blow, action in earlier:
        instance = place.struck(blow)
        if action == "kill":
            # Not waited for: it meets the next blow at once.
            place.restart(instance, wait=False)
    place.restart(place.struck(file))


def test_kill_at_every_point_of_a_refresh(place, party, report):
    organization = place.organization()
    accounts = place.accounts(organization.owner, party, organization.host, len(POINTS) * TIMES, "killed")
    place.expire(accounts)
    before = party.refreshes()
    struck = iter(accounts)
    for _ in range(TIMES):
        under_way = []
        for point, more in POINTS.items():
            account = next(struck)
            strike(place, point, more, account)
            if point in AT_ONCE:
                account.watcher.join()
            under_way.append(account)
        for account in under_way:
            account.watcher.join()

    late = [account.recovered for account in accounts if account.recovered is None or account.recovered > RECOVERY_SECONDS]
    slowest = max(account.recovered or float("inf") for account in accounts)
    calls = party.refreshes() - before
    attempts = place.attempts(accounts)
    again, beyond = place.takeovers(accounts)
    place.expect_nothing_stuck(accounts)
    # What a caller was given is what is stored: the next one gets the same, the provider takes it, and it can be refreshed.
    lost = 0
    for account in accounts:
        given = set(account.seen)
        ready = account.is_ready() and len(account.seen | given) == 1 and account.first not in given
        if not ready or party.mail(next(iter(given))) != 200:
            lost += 1
    refreshed = sum(account.can_refresh() for account in accounts)
    report.add(
        "test_kills.py", f"kill -9 at {len(POINTS)} points of a refresh, {TIMES} times each, lease {LEASE_SECONDS} s",
        f"{calls} provider calls for {len(accounts)} Connections, at most {max(attempts)} for one, {again} by whoever was killed as well; "
        f"0 stuck leases, {lost} acknowledged tokens lost, the slowest in use again after {slowest:.1f} s",
    )
    assert late == []
    assert beyond == [], "no more calls than one for each crash"
    assert calls <= MOST_CALLS * len(accounts) + again
    assert lost == 0
    assert refreshed == len(accounts)
