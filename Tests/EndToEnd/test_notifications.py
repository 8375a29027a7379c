"""Webhooks through the whole stack: told once or again, signed as the standard's own library wants it, never to where they may not go."""

import json
import socket
import threading
from collections import Counter
from contextlib import contextmanager

import pytest
from harness import application, eventually, practice_party, sql
from localstack.api import Problem
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

EVENTS = 200
ALL = [
    "connection.broken", "connection.recovered", "connection.revoked", "mcp-server.tools.changed", "rule.changed",
    "integration.secret.expiring",
]
# Where a message must never go, in the ways that addresses can be written.
REFUSED = [
    "https://127.0.0.1:{port}/", "https://localhost:{port}/", "https://[::1]:{port}/", "https://0.0.0.0:{port}/",
    "https://[::ffff:127.0.0.1]:{port}/", "https://10.0.0.1:{port}/", "https://172.16.0.1/", "https://192.168.0.1/",
    "https://169.254.169.254/latest/meta-data/", "https://[fe80::1]/", "https://[fd00::1]/", "https://100.64.0.1/",
    "https://2130706433:{port}/", "https://0x7f.1:{port}/", "https://[64:ff9b::7f00:1]:{port}/",
]


def create(owner, url: str, events: list[str]) -> tuple[dict, str]:
    created = owner.call("POST", "/v1/webhooks", {"url": url, "events": events})
    return created["webhook"], created["secret"]


def deliveries(owner, webhook: dict, **query) -> list[dict]:
    found, cursor = [], None
    while True:
        parts = {"limit": "200", **query, **({"cursor": cursor} if cursor else {})}
        text = "&".join(f"{name}={value}" for name, value in parts.items())
        page = owner.call("GET", f"/v1/webhooks/{webhook['id']}/deliveries?{text}")
        found += page["items"]
        cursor = page.get("nextCursor")
        if cursor is None:
            return found


def connected(harness):
    """A member with a Connection at the practice provider."""
    organization, party = harness.organization(), practice_party(harness)
    integration = party.integration(organization.owner)
    member, inbox = organization.member(), application()
    auth = harness.connect(member, integration, party, inbox)
    return organization, member, auth["id"]


def flip(harness, connection: str, times: int) -> None:
    """Breaks and mends a Connection, as its refreshes would; each time is a transaction of its own."""
    statements = [
        f"UPDATE connection SET status = '{'needsReauthorization' if number % 2 == 0 else 'active'}',"
        f" reason = 'invalid_grant' WHERE id = '{connection}'"
        for number in range(times)
    ]
    sql(harness, "vault", ";\n".join(statements))


@contextmanager
def listener():
    """Counts connections."""
    server = socket.create_server(("127.0.0.1", 0))
    counted: list[int] = []

    def count() -> None:
        while True:
            try:
                server.accept()[0].close()
            except OSError:
                return
            counted.append(1)

    threading.Thread(target=count, daemon=True).start()
    yield server.getsockname()[1], counted
    server.close()


def test_two_hundred_events_arrive_though_half_of_the_first_attempts_fail(harness, receiver):
    organization, _, connection = connected(harness)
    path = f"/flaky/{connection}"
    webhook, secret = create(organization.owner, receiver.url(path), ["connection.broken", "connection.recovered"])
    flip(harness, connection, EVENTS)

    def all_delivered() -> list[dict] | None:
        found = deliveries(organization.owner, webhook)
        return found if len(found) == EVENTS and all(each["state"] == "delivered" for each in found) else None

    found = eventually(all_delivered, 240, "the delivery of every event")
    attempts = receiver.of(path)
    accepted = [attempt.id for attempt in attempts if attempt.accepted]
    failed = [attempt for attempt in attempts if not attempt.accepted]
    assert set(accepted) == {each["id"] for each in found}
    assert len(failed) == EVENTS // 2, "every second message failed once"
    # Nobody fetched it: a redirect is no way for a message.
    assert receiver.of("/elsewhere") == []
    # Two exchangers share the work: what was taken is not sent again.
    assert len(accepted) == len(set(accepted)) == EVENTS

    verifier = Webhook(secret)
    for attempt in attempts:
        event = verifier.verify(attempt.body, attempt.headers)
        assert event["type"] in ("connection.broken", "connection.recovered")
        assert event["data"]["connectionId"] == connection
        assert event["data"]["organizationId"] == organization.id
        for tampered in (attempt.body + b" ", attempt.body.replace(b"broken", b"mended") + b"\n"):
            with pytest.raises(WebhookVerificationError):
                verifier.verify(tampered, attempt.headers)
    types = [json.loads(attempt.body)["type"] for attempt in attempts if attempt.accepted]
    assert types.count("connection.broken") == types.count("connection.recovered") == EVENTS // 2

    # A retry is a new attempt at the same message: later, signed anew.
    again = 0
    for attempt in failed:
        later = [other for other in attempts if other.id == attempt.id and other.at > attempt.at]
        assert len(later) == 1 and later[0].body == attempt.body
        assert int(later[0].headers["webhook-timestamp"]) >= int(attempt.headers["webhook-timestamp"])
        again += 1
    # What never came this far, as when the sender's time was over before, counts as an attempt too.
    arrived = Counter(attempt.id for attempt in attempts)
    unseen = [each["attempts"] - arrived[each["id"]] for each in found]
    assert min(unseen) == 0 and sum(unseen) <= EVENTS // 10, unseen
    print(
        f"figure: notifications: {EVENTS} events, {len(failed)} first attempts failed, {again} tried again,"
        f" {len(set(accepted))} delivered, {len(attempts)} signatures verified by the standard's library"
    )


def test_a_revocation_is_told_to_whom_it_concerns(harness, receiver):
    organization, member, connection = connected(harness)
    other = harness.organization()
    paths = [f"/good/{connection}/{name}" for name in ("wanted", "unwanted", "other", "off")]
    create(organization.owner, receiver.url(paths[0]), ALL)
    create(organization.owner, receiver.url(paths[1]), ["rule.changed"])
    create(other.owner, receiver.url(paths[2]), ALL)
    off, _ = create(organization.owner, receiver.url(paths[3]), ALL)
    organization.owner.call("PATCH", f"/v1/webhooks/{off['id']}", {"enabled": False})
    member.call("DELETE", f"/v1/connections/{connection}")
    attempt = eventually(lambda: receiver.of(paths[0]), 60, "the message")[0]
    event = json.loads(attempt.body)
    assert event["type"] == "connection.revoked" and event["data"]["connectionId"] == connection
    assert set(event) == {"type", "timestamp", "data"}
    assert [receiver.of(path) for path in paths[1:]] == [[], [], []]


def test_a_message_never_goes_where_it_may_not(harness):
    organization, _, connection = connected(harness)
    with listener() as (port, counted):
        made, refused = [], 0
        for form in REFUSED:
            try:
                made.append(create(organization.owner, form.format(port=port), ["connection.broken"])[0])
            except Problem as problem:
                assert problem.code == "invalid_request"
                refused += 1
        flip(harness, connection, 1)
        for webhook in made:
            def given_up(webhook=webhook) -> dict | None:
                found = deliveries(organization.owner, webhook)
                return found[0] if found and found[0]["state"] == "dead" else None

            assert eventually(given_up, 120, "the refusal")["lastProblem"] == "address_refused"
        assert counted == []
    print(
        f"figure: notifications: {len(REFUSED)} addresses that may not be used: {refused} refused at once,"
        f" {len(made)} at delivery, 0 connections"
    )


def test_plain_http_and_nonsense_are_refused_with_the_field(harness):
    owner = harness.organization().owner
    for url in ("http://example.com/", "ftp://example.com/", "https://user@example.com/", "nonsense", ""):
        with pytest.raises(Problem) as caught:
            create(owner, url, ["rule.changed"])
        assert caught.value.code == "invalid_request" and "url" in caught.value.detail
    for events in ([], ["nothing.happened"]):
        with pytest.raises(Problem) as caught:
            create(owner, "https://example.com/", events)
        assert caught.value.code == "invalid_request" and "events" in caught.value.detail


def test_a_dead_letter_is_seen_and_can_be_replayed(harness, receiver):
    organization, _, connection = connected(harness)
    owner, path = organization.owner, f"/gone/{connection}"
    webhook, secret = create(owner, receiver.url(path), ["connection.broken"])
    flip(harness, connection, 1)
    dead = eventually(lambda: deliveries(owner, webhook, state="dead"), 60, "the dead letter")[0]
    assert dead["lastStatus"] == 410 and dead["lastProblem"] == "gone" and dead["attempts"] == 1
    better = f"/good/{connection}"
    owner.call("PATCH", f"/v1/webhooks/{webhook['id']}", {"url": receiver.url(better)})
    replayed = owner.call("POST", f"/v1/webhooks/{webhook['id']}/deliveries/{dead['id']}/replay")
    assert replayed["state"] in ("pending", "delivered")
    attempt = eventually(lambda: receiver.of(better), 60, "the replayed message")[0]
    assert attempt.id == dead["id"]
    Webhook(secret).verify(attempt.body, attempt.headers)
    eventually(lambda: deliveries(owner, webhook, state="delivered"), 60, "the end of the replay")


def test_a_message_that_is_too_old_is_given_up(harness, receiver):
    organization, _, connection = connected(harness)
    webhook, _ = create(organization.owner, receiver.url(f"/down/{connection}"), ["connection.broken"])
    flip(harness, connection, 1)
    eventually(lambda: receiver.of(f"/down/{connection}"), 60, "the first attempt")
    # Only time can do this: the series began three days ago.
    sql(
        harness, "policy",
        "UPDATE webhook_delivery SET series_began_at = now() - interval '3 days', due_at = least(due_at, now())"
        f" WHERE webhook_id = '{webhook['id']}'",
    )
    dead = eventually(lambda: deliveries(organization.owner, webhook, state="dead"), 120, "the end")[0]
    assert dead["lastStatus"] == 500 and dead["attempts"] >= 2


def test_only_owners_and_admins_see_webhooks_and_nobody_sees_the_secret(harness):
    organization = harness.organization()
    webhook, secret = create(organization.owner, "https://example.com/hook", ["rule.changed"])
    assert secret.startswith("whsec_")
    for member in (organization.member(), harness.organization().owner):
        for method, path in (
            ("GET", f"/v1/webhooks/{webhook['id']}"), ("DELETE", f"/v1/webhooks/{webhook['id']}"),
            ("GET", f"/v1/webhooks/{webhook['id']}/deliveries"),
        ):
            with pytest.raises(Problem) as caught:
                member.call(method, path)
            assert caught.value.code in ("forbidden", "not_found")
    seen = json.dumps(
        [organization.owner.call("GET", path) for path in ("/v1/webhooks", f"/v1/webhooks/{webhook['id']}")])
    assert secret not in seen and webhook["id"] in seen
    kept = sql(harness, "vault", f"SELECT count(*) FROM organization_secret WHERE owner_id = '{webhook['id']}'")
    assert kept == "1"
    organization.owner.call("DELETE", f"/v1/webhooks/{webhook['id']}")
    eventually(
        lambda: sql(
            harness, "vault", f"SELECT count(*) FROM organization_secret WHERE owner_id = '{webhook['id']}'") == "0",
        60, "the destruction of the secret")
