"""Root keys move from the keyring to Transit and back under a running stack, stay there alone, and Transit goes away. What answers is a stub of it."""

import json
import subprocess

import pytest
from faults.transit_stub import TransitStub
from harness import application, eventually, sql
from localstack.readiness import wait_until_ready

ORGANIZATIONS = 4
# Of the keys that are moved, those that are through when the command is killed.
MOVED_FIRST = 2
HELD_SECONDS = 60.0


@pytest.fixture
def transit(place, folder):
    stub = TransitStub(folder / "transit")
    before = dict(place.running.plan.overrides["vault"])
    yield stub
    # Whatever happened: the tests after this one find the keyring again.
    stub.start()
    stub.let_go()
    place.running.plan.overrides["vault"] = {**before, **stub.settings, "LANYARD_KEY_MANAGEMENT_ALSO": "transit"}
    restart(place)
    move(place, stub, "file")
    place.running.plan.overrides["vault"] = before
    restart(place)
    stub.stop()


def restart(place, **settings: str) -> None:
    """Starts the vaults anew, with these settings besides those that they have."""
    place.running.plan.overrides["vault"].update(settings)
    vaults = place.running.plan.of("vault")
    for vault in vaults:
        place.kill(vault)
        place.restart(vault, wait=False)
    wait_until_ready(vaults, place.stack.processes)


def arguments(place, stub: TransitStub, to: str) -> list:
    return ["keys", "move-root", "--json", "--to", to, "--keyring", place.keyring, *stub.options,
            "--database-url-file", place.vault_owner]


def move(place, stub: TransitStub, to: str) -> dict:
    return json.loads(place.lanyard(*arguments(place, stub, to)))


def keys(place) -> dict[str, int]:
    """How many organizations' keys are in which place."""
    rows = sql(
        place, "vault",
        "SELECT at || ' ' || count(*) FROM (SELECT CASE WHEN substring(blob FROM 1 FOR 6) = 'vault:'::bytea"
        " THEN 'transit' ELSE 'file' END AS at FROM organization_key) AS every GROUP BY at",
    )
    return {row.split()[0]: int(row.split()[1]) for row in rows.splitlines()}


def test_root_keys_move_to_transit_and_back(place, party, transit, report):
    members, organizations = [], []

    def join() -> None:
        organization = place.organization()
        member, app, integration = organization.member(), application("moved"), party.integration(organization.owner)
        auth = place.connect(member, integration, party, app)
        members.append((member, app, integration, auth["id"]))
        organizations.append(organization.id)

    def all_are_served() -> None:
        for member, app, integration, _ in members:
            place.ready(member, integration, app)

    for _ in range(ORGANIZATIONS):
        join()
    # The guide's steps: every vault knows both places, then wraps in the new one, then the keys move.
    restart(place, **transit.settings, LANYARD_KEY_MANAGEMENT_ALSO="transit")
    restart(place, LANYARD_KEY_MANAGEMENT="transit", LANYARD_KEY_MANAGEMENT_ALSO="file")
    join()
    before = keys(place)
    assert before["transit"] == 1
    held = transit.hold_after(MOVED_FIRST)
    command = subprocess.Popen([place.binaries / "lanyard", *arguments(place, transit, "transit")],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert held.wait(HELD_SECONDS), "an encryption that waits"
    finally:
        command.kill()
        command.wait()
        transit.let_go()
    assert keys(place) == {"file": before["file"] - MOVED_FIRST, "transit": 1 + MOVED_FIRST}
    all_are_served()
    done = move(place, transit, "transit")
    assert done["rewrapped"] == before["file"] - MOVED_FIRST
    assert (set(done["keys"]), done["unreadable"]) == ({"lanyard"}, [])

    # The keyring is gone: connect, resolve, refresh, start anew, rotate.
    restart(place, LANYARD_KEY_MANAGEMENT_ALSO="none", LANYARD_KEYRING_FILE="")
    join()
    all_are_served()
    for member, app, _, connection in members:
        assert member.refresh(connection, app)["accessToken"]
    assert set(keys(place)) == {"transit"}
    with_transit = [*transit.options, "--database-url-file", place.vault_owner]
    checked = json.loads(place.lanyard("keys", "verify", "--json", *with_transit))
    assert (checked["primary"], checked["unreadable"]) == ("lanyard", [])
    begun = json.loads(place.lanyard(
        "keys", "rotate-organization", "--json", "--organization", organizations[0], *with_transit))[0]
    assert (begun["state"], begun["targetVersion"]) == ("running", 2)

    # Transit goes away: a vault that starts stays sealed, and opens by itself.
    transit.stop()
    vaults = place.running.plan.of("vault")
    for vault in vaults:
        place.kill(vault)
        place.restart(vault, wait=False)
    member, app, integration, _ = members[0]
    answer = eventually(lambda: refusal(member, integration, app), what="a refusal")
    assert answer["code"] in ("sealed", "unavailable"), answer
    log = place.stack.layout.logs / f"{vaults[0].name}.log"
    eventually(lambda: "key management does not answer" in log.read_text(errors="replace"), what="the reason in the log")
    transit.start()
    wait_until_ready(vaults, place.stack.processes)
    all_are_served()
    report.add(
        "test_transit.py", f"root keys moved from the keyring to Transit (a stub of it), killed after {MOVED_FIRST} keys and run again",
        f"{done['keys']['lanyard']} keys under Transit, {len(checked['unreadable'])} that do not open, every member served at each step; "
        "without Transit a vault starts sealed and opens when it is back")


def refusal(member, integration, app) -> dict | None:
    """The problem of a call that is answered 503; nothing while the vaults are on their way up or down."""
    answer = member.raw("POST", "/v1/auth/resolve", {"integrationId": integration["id"], "application": app})
    assert answer.status == 503, answer.text[:300]
    return answer.json()
