"""Tokens are renewed before anyone asks: each once, those in use alone, and whoever is killed at it loses none."""

import signal
import time
from dataclasses import dataclass

from harness import eventually, sql
from localstack.api import API

from faults.place import IS_FULL, LEASE_SECONDS, RECOVERY_SECONDS
from faults.seeding import people, refresh_tokens, seed

CONNECTIONS = 1_000 if IS_FULL else 48
UNUSED = 100 if IS_FULL else 12
KILLED = 16
LEAVING = 4
# Twenty are given out per second, and a busy machine takes its time.
ROUND_SECONDS = CONNECTIONS / 20 * 4 + 90


@dataclass
class Group:
    """Connections of as many people, for one Application."""

    place: object
    application: str
    asking: list
    integration: dict

    def count(self, condition: str) -> int:
        return int(
            sql(self.place, "vault",
                f"SELECT count(*) FROM connection c WHERE application_id = '{self.application}' AND {condition}")
        )

    def attempts(self) -> list[int]:
        found = sql(
            self.place, "vault",
            "SELECT count(a.fence) FROM connection c LEFT JOIN refresh_attempt a ON a.connection_id = c.id"
            f" WHERE c.application_id = '{self.application}' GROUP BY c.id",
        )
        return [int(line) for line in found.splitlines()]

    def come_due(self, used: str) -> None:
        """What an hour does: the tokens end within a minute, and their time in the queue has come."""
        sql(
            self.place, "vault",
            f"UPDATE connection SET last_used_at = now() - interval '{used}', received_at = now() - interval '1 hour',"
            f" expires_at = now() + interval '50 seconds' WHERE application_id = '{self.application}';"
            " INSERT INTO due_refresh (organization_id, connection_id, generation, reason, due_at)"
            " SELECT organization_id, id, generation, 'expiry', now() FROM connection"
            f" WHERE application_id = '{self.application}'",
        )

    def token(self, person) -> str:
        body = {"integrationId": self.integration["id"], "application": {"id": self.application}}
        answer = API(self.place.gateway, person.token).call("POST", "/v1/auth/resolve", body)
        return answer["auth"]["accessToken"]


def group(place, organization, party, integration: dict, name: str, count: int) -> Group:
    asking = people(organization.host, count, name)
    seed(place, organization, integration, party, name, count, asking, refresh_tokens(place, party, count))
    return Group(place, f"{name}-0", asking, integration)


def test_tokens_are_renewed_before_anyone_asks(place, party, report):
    organization = place.organization()
    integration = party.integration(organization.owner, "Practice due")
    used = group(place, organization, party, integration, "used", CONNECTIONS)
    unused = group(place, organization, party, integration, "unused", UNUSED)
    before = party.refreshes()
    unused.come_due("30 days")
    used.come_due("1 hour")
    eventually(lambda: used.count("generation = 2") == CONNECTIONS, ROUND_SECONDS, "every token to be renewed")
    eventually(
        lambda: sql(place, "vault", "SELECT count(*) FROM due_refresh WHERE due_at < now() + interval '1 minute'") == "0",
        ROUND_SECONDS, "the end of the queue",
    )
    calls, attempts = party.refreshes() - before, used.attempts()
    untouched = unused.count("generation = 1 AND fence = 0")
    users = sql(
        place, "vault",
        "SELECT count(*) FROM audit_entry e JOIN connection c ON c.id = e.target_id AND c.user_id = e.user_id"
        f" WHERE e.action = 'connection.refresh.begun' AND e.actor_kind = 'service' AND c.application_id = '{used.application}'",
    )
    report.add(
        "test_due_refreshes.py",
        f"{CONNECTIONS:,} Connections in use and {UNUSED} others expire, nobody asks, two vaults, two exchangers",
        f"{calls:,} provider calls, at most {max(attempts)} for one Connection; {untouched} of {UNUSED} others untouched",
    )
    assert attempts == [1] * CONNECTIONS
    assert calls == CONNECTIONS
    assert untouched == UNUSED
    assert int(users) == CONNECTIONS, "on record as the service's doing, for the person"
    for person in used.asking[:3]:
        assert party.mail(used.token(person)) == 200


def test_an_exchanger_that_is_killed_loses_none(place, party, report):
    organization = place.organization()
    integration = party.integration(organization.owner, "Practice killed")
    doomed = group(place, organization, party, integration, "doomed", KILLED)
    first = sql(place, "vault", f"SELECT min(id) FROM connection WHERE application_id = '{doomed.application}'")
    struck = place.arm("exchanger.refresh.answered", "kill", first)
    before = party.refreshes()
    doomed.come_due("1 hour")
    place.struck(struck)
    # Nobody starts it again: the other one takes over, when the leases of the dead have ended.
    eventually(
        lambda: doomed.count("generation = 2") == KILLED, RECOVERY_SECONDS + ROUND_SECONDS, "every token to be renewed"
    )
    calls, attempts = party.refreshes() - before, doomed.attempts()
    stuck = doomed.count("lease_until <> 'epoch'")
    alive = sum(party.mail(doomed.token(person)) == 200 for person in doomed.asking)
    report.add(
        "test_due_refreshes.py",
        f"kill -9 of an exchanger at work on {KILLED} due Connections, lease {LEASE_SECONDS} s",
        f"{calls} provider calls, at most {max(attempts)} for one Connection; {alive} of {KILLED} renewed by the other one, "
        f"{stuck} stuck leases",
    )
    assert max(attempts) <= 2
    assert alive == KILLED
    assert stuck == 0


def test_an_exchanger_that_is_asked_to_stop_ends_what_it_has_in_hand(place, party, report):
    organization = place.organization()
    integration = party.integration(organization.owner, "Practice leaving")
    leaving = group(place, organization, party, integration, "leaving", LEAVING)
    [staying, other] = [each for each in place.running.plan.instances if each.service == "exchanger"]
    # The other one would take some of them. It stands still until the end of the test.
    place.signal(other, signal.SIGSTOP)
    first = sql(place, "vault", f"SELECT min(id) FROM connection WHERE application_id = '{leaving.application}'")
    # The lease is given, and its answer is on its way to the exchanger when that is asked to stop.
    struck = place.arm("vault.lease.given", "delay 1500", first)
    leaving.come_due("1 hour")
    place.struck(struck)
    began = time.monotonic()
    place.stack.processes.stop([staying.name])
    seconds = time.monotonic() - began
    states = sql(
        place, "vault",
        "SELECT a.state FROM refresh_attempt a JOIN connection c ON c.id = a.connection_id"
        f" WHERE c.application_id = '{leaving.application}'").splitlines()
    stuck = leaving.count("lease_until <> 'epoch'")
    report.add(
        "test_due_refreshes.py", f"an exchanger is asked to stop while {LEAVING} due refreshes are on their way to it",
        f"{len(states)} were given out, {states.count('committed')} stored, {stuck} stuck leases; it ended after {seconds:.1f} s",
    )
    assert states and states == ["committed"] * len(states)
    assert stuck == 0
    assert leaving.count(f"generation = 2 AND id = '{first}'") == 1
