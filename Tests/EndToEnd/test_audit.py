"""The audit trail through the whole stack: read as one, exported whole, and proved, also against those who may write every table."""

import json
import subprocess
from datetime import datetime, timezone

import pytest
from audit_export import broken
from harness import application, eventually, practice_party, sql
from localstack.api import Problem
from trails import SERVICES, checkpoint_lines, verify

COMMAND_SECONDS = 120
INTACT, FINDINGS = 0, 2


def journey(harness):
    """What makes entries of most kinds in both services."""
    organization, party = harness.organization(), practice_party(harness)
    integration = party.integration(organization.owner)
    member, inbox = organization.member(), application()
    auth = harness.connect(member, integration, party, inbox)
    member.refresh(auth["id"], inbox)
    return organization, member, auth["id"]


def audit(caller, **query) -> dict:
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return caller.call("GET", f"/v1/audit?{text}")


def everything(caller, **query) -> list[dict]:
    found, cursor = [], None
    while True:
        page = audit(caller, **query, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page.get("nextCursor")
        if cursor is None:
            return found


def export(caller, query: str = "") -> tuple[list[dict], dict]:
    answer = caller.raw("GET", f"/v1/audit/export{query}")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/jsonl"
    lines = [json.loads(line) for line in answer.body.splitlines()]
    return lines[:-1], lines[-1]


def wait_for_checkpoint(harness, service: str, organization: str) -> None:
    """Until the last entry of the chain is signed."""
    head = sql(harness, service, f"SELECT seq FROM audit_head WHERE organization_id = '{organization}'")

    def signed() -> bool:
        lines = checkpoint_lines(harness.stack.layout.checkpoints / service)
        return any(line["chain"] == organization and line["sequence"] >= int(head) for line in lines)

    eventually(signed, 180, "the checkpoint")


def test_both_trails_are_read_as_one_newest_first(harness):
    organization, member, connection = journey(harness)
    whole = everything(organization.owner, limit="200")
    assert {record["service"] for record in whole} == set(SERVICES)
    for size in ("1", "7"):
        paged = everything(organization.owner, limit=size, to=whole[0]["occurredAt"])
        assert [record["id"] for record in paged if record["id"] in {each["id"] for each in whole}] == [
            record["id"] for record in whole if record["id"] in {each["id"] for each in paged}
        ]
    for service in SERVICES:
        numbers = [record["sequence"] for record in whole if record["service"] == service]
        assert numbers == list(range(len(numbers), 0, -1)), "newest first, and none is missing"
    released = everything(organization.owner, action="connection.token.*", target=connection)
    assert released and all(record["action"] == "connection.token.released" for record in released)
    user = released[0]["userId"]
    mine = everything(organization.owner, actor=user)
    assert mine and all(user in (record.get("userId"), record["actor"].get("id")) for record in mine)
    assert everything(organization.owner, action="connection.token") == []
    later = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ").replace("20", "21", 1)
    assert everything(organization.owner, **{"from": later}) == []
    uses = member.call("GET", f"/v1/connections/{connection}/uses")["items"]
    assert {"connection.token.released", "connection.refresh.committed"} <= {use["action"] for use in uses}


def test_nobody_else_reads_it(harness):
    organization, member, _ = journey(harness)
    charm = organization.host.session("owner", "owner", charm="some-charm")
    for caller in (member, charm):
        for path in ("/v1/audit", "/v1/audit/export"):
            with pytest.raises(Problem) as caught:
                caller.call("GET", path)
            assert caught.value.code == "forbidden"
    other = harness.organization()
    assert not {record["id"] for record in everything(other.owner)} & {
        record["id"] for record in everything(organization.owner)
    }
    for query in ("cursor=x", "after=a1.0.1", "from=yesterday", "limit=0", "unknown=1", "cursor=a1.-.-&after=a1.-.-"):
        with pytest.raises(Problem) as caught:
            organization.owner.call("GET", f"/v1/audit?{query}")
        assert caught.value.code == "invalid_request"


def test_an_export_is_whole_on_record_and_checked_by_the_documented_formula(harness):
    organization, _, _ = journey(harness)
    records, end = export(organization.owner)
    assert end == {"complete": True, "entries": len(records)}
    for service in SERVICES:
        chain = [record for record in records if record["service"] == service]
        assert chain and broken(organization.id, chain) == []
        chain[len(chain) // 2]["action"] += "x"
        assert broken(organization.id, chain) == [len(chain) // 2 + 1]
    exported = [record for record in records if record["action"] == "audit.exported"]
    assert len(exported) == 1 and exported[0]["userId"], "the copy contains the entry about itself"
    # A long trail is written page by page.
    harness.tampered.add(organization.id)
    sql(
        harness, "vault",
        "INSERT INTO audit_entry SELECT organization_id, seq + n * 100000, id || n, occurred_at, action, actor_kind, actor_id,"
        " user_id, application_id, app_id, charm_id, caller, target_kind, target_id, outcome, grant_id, request_id, details, hash"
        f" FROM audit_entry, generate_series(1, 200) n WHERE organization_id = '{organization.id}'",
    )
    many, end = export(organization.owner)
    assert end["entries"] == len(many) > 1_000
    print(f"figure: audit: {len(records)} exported entries checked by an implementation of the documented formula")


def test_what_was_done_to_the_tables_is_found(harness):
    clean, edited, rewritten = (journey(harness)[0].id for _ in range(3))
    for service in SERVICES:
        for organization in (clean, edited, rewritten):
            wait_for_checkpoint(harness, service, organization)
            outcome = verify(harness, service, organization)
            assert outcome.returncode == INTACT, outcome.stdout + outcome.stderr
            verdict = json.loads(outcome.stdout)
            assert verdict["intact"] and verdict["checkpoints"] > 0 and verdict["entries"] > 0
    harness.tampered |= {edited, rewritten}
    sql(harness, "vault", f"UPDATE audit_entry SET user_id = 'usr_x' WHERE organization_id = '{edited}' AND seq = 2")
    # A cut end with the head set back: the database alone cannot tell.
    sql(
        harness, "vault",
        f"DELETE FROM audit_entry WHERE organization_id = '{rewritten}' AND seq > 2;"
        " UPDATE audit_head h SET seq = e.seq, hash = e.hash FROM audit_entry e WHERE e.organization_id = h.organization_id"
        f" AND e.seq = 2 AND h.organization_id = '{rewritten}'",
    )
    assert verify(harness, "vault", rewritten, checkpoints=False).returncode == INTACT
    for organization, expected in ((clean, INTACT), (edited, FINDINGS), (rewritten, FINDINGS)):
        outcome = verify(harness, "vault", organization)
        assert outcome.returncode == expected, outcome.stdout + outcome.stderr
    whole = verify(harness, "vault")
    assert whole.returncode == FINDINGS
    verdicts = [json.loads(line) for line in whole.stdout.splitlines()]
    broken_chains = {verdict["chain"] for verdict in verdicts if not verdict["intact"]}
    assert {edited, rewritten} <= broken_chains and clean not in broken_chains


def test_the_application_role_cannot_verify_and_is_told_why(harness):
    database = harness.running.databases["vault"]
    outcome = subprocess.run(
        [
            harness.binaries / "lanyard", "audit", "verify", "--service", "vault",
            "--database-url-file", database.application_url_file,
        ],
        capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS,
    )
    assert outcome.returncode not in (INTACT, FINDINGS) and "role that owns the tables" in outcome.stderr
