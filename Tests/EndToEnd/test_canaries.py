"""Secrets go in everywhere, in good requests and in bad ones. None may be found in logs, databases, files, metrics or answers."""

import base64
import secrets
import subprocess
import threading
from pathlib import Path

from harness import application, eventually, sql
from localstack.browser import Browser
from localstack.consent import finish, start
from localstack.cluster import find_binaries
from localstack.web import HTTP
from trails import SERVICES, checkpoint_lines

CANARIES = 40
DUMP_SECONDS = 60
# Checkpoints are written once a minute.
CHECKPOINT_SECONDS = 180
# What makes an exchanger write its journal: the vault cannot store what the provider has answered.
REFUSE_TOKENS = """
CREATE FUNCTION refuse_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the disk of the tokens is full' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER refuse_tokens BEFORE UPDATE OF generation ON connection FOR EACH ROW
  WHEN (NEW.organization_id = '{organization}') EXECUTE FUNCTION refuse_tokens()
"""


class Recorder:
    """Plants canaries and keeps every answer that must not repeat them."""

    def __init__(self):
        self.planted: list[str] = []
        self.answers: list[bytes] = []

    def canary(self, prefix: str = "canary") -> str:
        value = f"{prefix}_{secrets.token_urlsafe(24)}"
        self.planted.append(value)
        return value

    def keep(self, response):
        self.answers.append(response.body + "\n".join(f"{k}: {v}" for k, v in response.headers.items()).encode())
        return response


def encodings(secret: str) -> list[bytes]:
    """The forms in which a leak may hide: plain, hexadecimal as in a dump of bytea, base64 at each alignment."""
    raw = secret.encode()
    forms = [raw, raw.hex().encode()]
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        forms.append(encoded[4 if shift else 0 : len(encoded) - 4])
    return forms


def found(secrets_planted: list[str], haystack: bytes) -> list[str]:
    lowered = haystack.lower()
    return [
        secret for secret in secrets_planted
        if any((form in haystack) or (form.lower() in lowered and index == 1)
               for index, form in enumerate(encodings(secret)))
    ]


def plant_in_good_requests(harness, recorder: Recorder) -> None:
    """Client secrets that are stored, replaced and used."""
    organization = harness.organization()
    for number in range(10):
        secret = recorder.canary("client-secret")
        recorder.keep(
            organization.owner.raw(
                "POST", "/v1/integrations",
                {"name": f"Canary {number}", "provider": "github", "clientId": f"id-{number}", "clientSecret": secret},
            )
        )
    recorder.keep(organization.owner.raw("GET", "/v1/integrations"))
    listed = organization.owner.call("GET", "/v1/integrations")["items"]
    assert len(listed) == 10
    for integration in listed[:4]:
        path = f"/v1/integrations/{integration['id']}"
        recorder.keep(organization.owner.raw("GET", path))
        recorder.keep(organization.owner.raw("POST", f"{path}/secrets", {"clientSecret": recorder.canary("rotated")}))


def plant_in_bad_requests(harness, recorder: Recorder) -> None:
    """Secrets where they do not belong: unknown fields, wrong types, broken JSON, headers, queries, paths."""
    organization = harness.organization()
    owner, gateway, http = organization.owner, harness.gateway, HTTP()
    for body in (
        {"name": "x", "provider": "github", "clientId": "x", "clientSecret": [recorder.canary("array")]},
        {"name": "x", "provider": "github", "clientId": "x", "clientSecret": {"value": recorder.canary("object")}},
        {"name": "x", "provider": "nobody-knows", "clientId": "x", "clientSecret": recorder.canary("unknown-provider")},
        {"name": "x", "provider": "github", "clientId": "x", "secret": recorder.canary("unknown-field")},
        {"name": "x", "provider": "github", "clientId": 1, "clientSecret": recorder.canary("beside-wrong-type")},
    ):
        assert recorder.keep(owner.raw("POST", "/v1/integrations", body)).status >= 400
    json_type = {"Content-Type": "application/json"}
    for raw in (
        b'{"clientSecret":"' + recorder.canary("broken").encode(),
        b'{"clientSecret":"' + recorder.canary("trailing").encode() + b'"} trailing',
        b'["' + recorder.canary("list").encode() + b'"]',
    ):
        recorder.keep(http.send("POST", f"{gateway}/v1/integrations", json_type, raw))
    for scheme in ("Bearer", "Basic", "Digest"):
        header = {"Authorization": f"{scheme} {recorder.canary('lys')}"}
        recorder.keep(http.get(f"{gateway}/v1/me", header))
        recorder.keep(http.send("POST", f"{gateway}/v1/sessions", {**header, **json_type}, b"{}"))
    for path in (
        f"/oauth/callback?code={recorder.canary('code')}&state={recorder.canary('state')}",
        f"/oauth/callback?error={recorder.canary('error')}&error_description={recorder.canary('description')}",
        f"/oauth/callback/{recorder.canary('key')}?code={recorder.canary('code')}",
        f"/connect/{recorder.canary('flow')}",
        f"/v1/flows/{recorder.canary('flow')}?wait=0&token={recorder.canary('query')}",
        f"/v1/connections/{recorder.canary('connection')}",
    ):
        recorder.keep(http.get(gateway + path, {"Cookie": f"session={recorder.canary('cookie')}"}))


def plant_by_the_main_job(harness, recorder: Recorder, organization) -> tuple[list[str], dict[str, bytes]]:
    """A whole connection: its code, state and tokens are the provider's, so they are collected instead of planted.

    Also what a refresh left in the journal on its way.
    """
    django = harness.django
    integration = django.integration(organization.owner)
    member, inbox = organization.member(), application()
    flow = member.resolve(inbox, integrationId=integration["id"])["flow"]
    browser = Browser()
    redirect = django.approve(start(browser, flow["url"]))
    query = dict(pair.split("=", 1) for pair in redirect.split("?", 1)[1].split("&"))
    collected = [query["code"], query["state"]]
    page = finish(browser, redirect)
    recorder.keep(page.response)
    auth = harness.ready(member, integration, inbox)
    journal = refresh_by_the_journal(harness, recorder, organization, member, auth, inbox)
    renewed = member.refresh(auth["id"], inbox)
    recorder.keep(member.raw("GET", "/v1/connections"))
    recorder.keep(member.raw("POST", "/v1/auth/list", {"integrationId": integration["id"], "application": inbox}))
    member.revoke(renewed["id"], inbox)
    eventually(lambda: django.mail(renewed["accessToken"]) == 401, what="the revocation")
    issued = django.secrets()
    return [
        *collected, auth["accessToken"], renewed["accessToken"], *issued["refreshTokens"], *issued["accessTokens"],
    ], journal


def refresh_by_the_journal(harness, recorder: Recorder, organization, member, auth: dict, inbox: dict) -> dict[str, bytes]:
    """Refreshes while the vault cannot store it. Returns what the exchanger keeps meanwhile; it is replayed afterwards."""
    call = {"connectionId": auth["id"], "application": inbox}
    asking = threading.Thread(target=lambda: recorder.keep(member.raw("POST", "/v1/auth/refresh", call)))
    journal, own = harness.stack.layout.journal, organization.id.encode()
    sql(harness, "vault", REFUSE_TOKENS.format(organization=organization.id))
    try:
        asking.start()
        kept = eventually(lambda: files(journal, own), what="the entry in the journal")
    finally:
        sql(harness, "vault", "DROP TRIGGER refuse_tokens ON connection; DROP FUNCTION refuse_tokens()")
    asking.join()
    eventually(lambda: not files(journal, own), what="the replay of the journal")
    return kept


def files(folder: Path, about: bytes = b"") -> dict[str, bytes]:
    """By name, what lies in a folder and those in it and speaks of something; nothing that goes away just now."""
    found = {}
    for path in folder.rglob("*.json*"):
        try:
            found[f"{folder.name} {path.relative_to(folder)}"] = path.read_bytes()
        except FileNotFoundError:
            continue
    return {name: content for name, content in found.items() if about in content}


def metrics(harness) -> dict[str, bytes]:
    """What each process tells whoever watches it."""
    found = {}
    for name, service in harness.stack_file["services"].items():
        if "metricsUrl" in service:
            answer = HTTP().get(service["metricsUrl"])
            assert answer.status == 200 and b"request" in answer.body
            found[f"metrics of {name}"] = answer.body
    return found


def wait_for_checkpoints(harness, organization) -> None:
    """Until the places that the trails have reached are written down outside the databases."""
    def is_signed(service: str) -> bool:
        lines = checkpoint_lines(harness.stack.layout.checkpoints / service)
        return any(line["chain"] == organization.id for line in lines)

    for service in SERVICES:
        eventually(lambda service=service: is_signed(service), CHECKPOINT_SECONDS, f"the checkpoint of {service}")


def dump(harness, name: str) -> bytes:
    server = harness.running.server
    program = find_binaries() / "pg_dump"
    done = subprocess.run(
        [program, "--dbname", name], env=server.environment, capture_output=True, check=True, timeout=DUMP_SECONDS
    )
    return done.stdout


def test_no_secret_is_found_in_logs_databases_files_metrics_or_answers(harness):
    recorder, organization = Recorder(), harness.organization()
    plant_in_good_requests(harness, recorder)
    plant_in_bad_requests(harness, recorder)
    collected, journal = plant_by_the_main_job(harness, recorder, organization)
    wait_for_checkpoints(harness, organization)
    everything = recorder.planted + collected

    places = {f"log {path.name}": path.read_bytes() for path in Path(harness.stack.layout.logs).glob("*.log")}
    cluster = harness.stack.layout.data / "postgres" / "server.log"
    places["log of postgres"] = cluster.read_bytes()
    places |= {f"dump of {name}": dump(harness, name) for name in ("vault", "policy")}
    assert all(len(places[f"dump of {name}"]) > 10_000 for name in ("vault", "policy")), "the dumps are not empty"
    places["answers"] = b"\n".join(recorder.answers)
    checkpoints, watched = files(harness.stack.layout.checkpoints), metrics(harness)
    assert journal and checkpoints and len(watched) >= 4, "each of them holds something"
    places |= journal | files(harness.stack.layout.journal) | checkpoints | watched

    leaks = {place: found(everything, text) for place, text in places.items()}
    leaked = sorted({secret.split("_")[0] for secrets_found in leaks.values() for secret in secrets_found})
    count = sum(len(secrets_found) for secrets_found in leaks.values())
    print(f"figure: {len(recorder.planted)} canary secrets and {len(collected)} issued ones, {count} found in "
          f"{len(places)} places")
    assert len(recorder.planted) >= CANARIES
    assert count == 0, {place: len(each) for place, each in leaks.items() if each} | {"kinds": leaked}


def test_the_search_itself_finds_what_it_must():
    """The search is trusted only because it finds a canary in each encoding."""
    secret = "canary_" + secrets.token_urlsafe(24)
    for shift in range(3):
        assert found([secret], b"xx" + base64.b64encode(b"a" * shift + secret.encode() + b"tail") + b"yy")
    assert found([secret], b"\\x" + secret.encode().hex().encode())
    assert found([secret], b"prefix " + secret.encode())
    assert not found([secret], b"nothing to see")
