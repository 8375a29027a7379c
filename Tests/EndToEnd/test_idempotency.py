"""Unsafe calls with an `Idempotency-Key` through the whole stack: done once, and remembered for nobody but their caller."""

import secrets
import subprocess
from concurrent.futures import ThreadPoolExecutor

from harness import application, eventually
from localstack.api import API
from localstack.cluster import find_binaries
from localstack.web import Response
from test_canaries import found

CALLERS = 20
DUMP_SECONDS = 60


def send(caller: API, key: str, method: str, path: str, body: dict | None = None) -> Response:
    return caller.raw(method, path, body, headers={"Idempotency-Key": key})


def new_key() -> str:
    return f"key-{secrets.token_hex(8)}"


def draft(name: str = "Once") -> dict:
    return {"name": name, "provider": "github", "clientId": "client", "clientSecret": secrets.token_urlsafe(16)}


def problem(answer: Response) -> tuple[int, str]:
    return answer.status, answer.json()["code"]


def dump(harness) -> bytes:
    """The policy service's database, every table of it."""
    return subprocess.run(
        [find_binaries() / "pg_dump", "--dbname", "policy"], env=harness.running.server.environment,
        capture_output=True, check=True, timeout=DUMP_SECONDS,
    ).stdout


def test_twenty_equal_calls_at_once_make_one_integration(harness):
    organization = harness.organization()
    owner, key, body = organization.owner, new_key(), draft()

    def create(_: int) -> tuple[Response, int]:
        conflicts = 0

        def attempt() -> Response | None:
            nonlocal conflicts
            answer = send(owner, key, "POST", "/v1/integrations", body)
            if answer.status != 409:
                return answer
            assert answer.json()["code"] == "conflict" and int(answer.headers["Retry-After"]) >= 1
            conflicts += 1
            return None

        return eventually(attempt, what="an answer that is no conflict"), conflicts

    with ThreadPoolExecutor(CALLERS) as pool:
        results = list(pool.map(create, range(CALLERS)))
    answers = [answer for answer, _ in results]
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    replayed = [answer for answer in answers if answer.headers.get("Idempotency-Replayed") == "true"]
    assert len(replayed) == CALLERS - 1
    listed = owner.call("GET", "/v1/integrations")["items"]
    assert [each["id"] for each in listed] == [answers[0].json()["id"]]
    print(f"figure: {CALLERS} equal calls at once, {len(listed)} Integration made, {len(replayed)} answers given again "
          f"after {sum(conflicts for _, conflicts in results)} conflicts")


def test_a_key_belongs_to_one_request(harness):
    owner, key = harness.organization().owner, new_key()
    first = send(owner, key, "POST", "/v1/integrations", draft("First"))
    assert first.status == 201
    path = f"/v1/integrations/{first.json()['id']}"
    assert problem(send(owner, key, "POST", "/v1/integrations", draft("Second"))) == (422, "idempotency_key_reused")
    assert problem(send(owner, key, "DELETE", path)) == (422, "idempotency_key_reused")
    assert len(owner.call("GET", "/v1/integrations")["items"]) == 1
    # Deleting twice under one key succeeds twice; without it the second finds nothing.
    other = new_key()
    assert [send(owner, other, "DELETE", path).status for _ in range(2)] == [204, 204]
    assert owner.raw("DELETE", path).status == 404


def test_a_refused_call_can_be_put_right_under_the_same_key(harness):
    owner, key = harness.organization().owner, new_key()
    assert send(owner, key, "POST", "/v1/integrations", {**draft(), "provider": "nobody-knows"}).status == 400
    assert send(owner, key, "POST", "/v1/integrations", draft()).status == 201


def test_a_sessions_token_is_given_again_and_stored_nowhere(harness):
    organization = harness.organization()
    key, body = new_key(), {"user": {"id": "maya"}}
    first = send(organization.host, key, "POST", "/v1/sessions", body)
    second = send(organization.host, key, "POST", "/v1/sessions", body)
    assert first.status == second.status == 201
    assert first.body == second.body and second.headers["Idempotency-Replayed"] == "true"
    token = second.json()["token"]
    assert API(harness.gateway, token).call("GET", "/v1/me")["user"]["externalId"] == "maya"

    secret = draft()
    assert send(organization.owner, new_key(), "POST", "/v1/integrations", secret).status == 201
    text = dump(harness)
    assert b"COPY public.idempotent_call" in text and b"\tanswered\t" in text
    assert not found([token, key, secret["clientSecret"]], text)


def test_another_credential_gets_nothing_of_it(harness):
    organization = harness.organization()
    key, body = new_key(), draft()
    mine = send(organization.owner, key, "POST", "/v1/integrations", body)
    # The same person in another session, and another organization's owner.
    again, stranger = organization.host.session("owner", "owner"), harness.organization().owner
    for other in (again, stranger):
        answer = send(other, key, "POST", "/v1/integrations", body)
        assert answer.status == 201 and "Idempotency-Replayed" not in answer.headers
        assert answer.json()["id"] != mine.json()["id"]
    assert len(stranger.call("GET", "/v1/integrations")["items"]) == 1


def test_a_providers_token_is_released_anew_each_time(harness, provider):
    organization = harness.organization()
    integration = provider.integration(organization.owner)
    member, inbox, key = organization.member(), application(), new_key()
    body = {"integrationId": integration["id"], "application": inbox}
    asked = [send(member, key, "POST", "/v1/auth/resolve", body).json() for _ in range(2)]
    assert asked[0] == asked[1] and asked[0]["status"] == "consentRequired"
    auth = harness.connect(member, integration, provider, inbox)
    key = new_key()
    for _ in range(2):
        answer = send(member, key, "POST", "/v1/auth/resolve", body)
        assert answer.status == 200 and "Idempotency-Replayed" not in answer.headers
        assert answer.json()["auth"]["id"] == auth["id"]
    member.revoke(auth["id"], inbox)
    assert send(member, key, "POST", "/v1/auth/resolve", body).json()["status"] == "consentRequired"
    assert not found([auth["accessToken"]], dump(harness))
