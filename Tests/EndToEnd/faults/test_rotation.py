"""Keys rotate while everything runs, and the processes that do it are killed."""

import itertools
import json
import threading
import time

from faults.place import IS_FULL
from faults.seeding import people, seed
from harness import eventually, sql
from localstack.api import API

RECORDS = 100_000 if IS_FULL else 5_000
READERS = 8
PEOPLE = 40
KILL_EVERY_SECONDS = 4.0
# A process that has just been started answers 503 until it has opened its keys, which takes a busy machine its time.
PATIENCE_SECONDS, AGAIN_SECONDS = 60.0, 0.25
END_SECONDS = 1_800.0 if IS_FULL else 180.0


class Readers:
    """Members who ask for their tokens all the time, again when they are told to (503). What is not a token in the end is kept."""

    def __init__(self, place, persons, integration: dict, name: str):
        application = {"id": f"{name}-0", "appId": f"{name}-0", "name": name.title()}
        self._body = {"integrationId": integration["id"], "application": application}
        self._members = itertools.cycle([API(place.gateway, person.token) for person in persons])
        self._lock, self._end = threading.Lock(), threading.Event()
        self.reads = self.repeated = 0
        self.failures: list[str] = []
        self._threads = [threading.Thread(target=self._read, daemon=True) for _ in range(READERS)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        while not self._end.is_set():
            with self._lock:
                member = next(self._members)
            failure, tries = self._read_once(member)
            with self._lock:
                self.reads += 1
                self.repeated += tries > 1
                if failure:
                    self.failures.append(failure)

    def _read_once(self, member: API) -> tuple[str, int]:
        """What went wrong, nothing if a token came, and the tries that it took."""
        end = time.monotonic() + PATIENCE_SECONDS
        for tries in itertools.count(1):
            try:
                answer = member.raw("POST", "/v1/auth/resolve", self._body)
            except OSError as error:
                return repr(error), tries
            if answer.status == 200 and answer.json()["status"] == "ready":
                return "", tries
            if answer.status != 503 or time.monotonic() > end:
                return answer.text[:300], tries
            time.sleep(AGAIN_SECONDS)

    def stop(self) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()


def rotation(place, organization) -> dict:
    """How the organization's rotation stands."""
    all_of_them = json.loads(
        place.lanyard("keys", "rotations", "--json", "--database-url-file", place.vault_owner))
    return next(each for each in all_of_them if each["organizationId"] == organization.id)


def versions(place, organization) -> dict[str, int]:
    """Values by the key version in their header, as the database sees them."""
    rows = sql(
        place, "vault",
        "SELECT version || ' ' || count(*) FROM (SELECT encode(substring(v FROM 4 FOR 4), 'hex') AS version FROM ("
        f" SELECT sealed_tokens AS v FROM connection WHERE organization_id = '{organization.id}'"
        f" UNION ALL SELECT sealed_value FROM organization_secret WHERE organization_id = '{organization.id}'"
        ") AS every) AS header GROUP BY version",
    )
    return {str(int(row.split()[0], 16)): int(row.split()[1]) for row in rows.splitlines()}


def test_an_organizations_key_rotates_under_load(place, party, report):
    organization = place.organization()
    integration = party.integration(organization.owner)
    persons = people(organization.host, PEOPLE, "rotated")
    seed(place, organization, integration, party, "rotated", RECORDS, persons)
    [live] = place.accounts(organization.owner, party, organization.host, 1, "rotating")
    readers = Readers(place, persons, integration, "rotated")
    blows = [place.arm(point, "kill", organization.id) for point in ("vault.rotation.written", "vault.rotation.stored")]
    began = time.monotonic()
    begun = json.loads(
        place.lanyard("keys", "rotate-organization", "--json", "--organization", organization.id,
                      "--keyring", place.keyring, "--database-url-file", place.vault_owner))[0]
    for blow in blows:
        place.restart(place.struck(blow))
    kills, refreshes = len(blows), 0
    vaults = itertools.cycle(place.running.plan.of("vault"))
    while rotation(place, organization)["state"] != "finished":
        assert time.monotonic() - began < END_SECONDS, rotation(place, organization)
        pause = time.monotonic() + KILL_EVERY_SECONDS
        victim = next(vaults)
        place.kill(victim)
        place.restart(victim)
        kills += 1
        # Somebody writes as well.
        eventually(live.is_refreshed, what="a refresh meanwhile")
        refreshes += 1
        time.sleep(max(0.0, pause - time.monotonic()))
    seconds = time.monotonic() - began
    readers.stop()
    ended, found = rotation(place, organization), versions(place, organization)
    report.add(
        "test_rotation.py",
        f"rotation of an organization's key over {RECORDS:,} values, {READERS} readers, {kills} times kill -9 of a vault",
        f"finished after {seconds:.0f} s and {ended['pass']} walks, {ended['unreadable']} undecryptable; "
        f"{readers.reads:,} reads ({readers.repeated} of them again after a 503) and {refreshes} refreshes meanwhile, "
        f"{len(readers.failures)} failed",
    )
    assert begun["total"] >= RECORDS
    assert ended["unreadable"] == 0
    assert set(found) == {"2"}, found
    assert readers.failures == []
    assert live.is_ready()


def start_vaults_anew(place) -> None:
    """One after the other, so that the organizations are served meanwhile."""
    for vault in place.running.plan.of("vault"):
        place.kill(vault)
        place.restart(vault)


def test_the_root_key_rotates_under_load(place, party, report):
    organization = place.organization()
    integration = party.integration(organization.owner)
    persons = people(organization.host, PEOPLE, "rooted")
    seed(place, organization, integration, party, "rooted", PEOPLE, persons)
    readers = Readers(place, persons, integration, "rooted")
    place.lanyard("keys", "add-root", "--keyring", place.keyring, "--id", "r-next")
    # As the guide has it: every vault knows the new key before anything is put under it.
    start_vaults_anew(place)
    done = json.loads(
        place.lanyard("keys", "rotate-root", "--json", "--keyring", place.keyring, "--id", "r-next",
                      "--database-url-file", place.vault_owner))
    start_vaults_anew(place)
    eventually(lambda: readers.reads > 10 * READERS, what="reads")
    readers.stop()
    checked = json.loads(
        place.lanyard("keys", "verify", "--json", "--keyring", place.keyring, "--database-url-file", place.vault_owner))
    report.add(
        "test_rotation.py", f"rotation of the root key over {done['rewrapped']} organization keys, both vaults started anew twice",
        f"{checked['keys'].get('r-next', 0)} keys under the new root key, {len(checked['unreadable'])} that do not open; "
        f"{readers.reads:,} reads meanwhile ({readers.repeated} of them again after a 503), {len(readers.failures)} failed",
    )
    assert checked["keys"] == {"r-next": done["rewrapped"]}
    assert checked["unreadable"] == []
    assert readers.failures == []
