"""An operator shreds an organization: nothing that was sealed for it opens ever again, and nobody acts in its name."""

import subprocess

import pytest
from harness import application, eventually, practice_party, sql
from localstack.api import Problem
from test_canaries import dump
from trails import verify

COMMAND_SECONDS = 120


def shred(harness, organization: str, name: str, *more: str) -> subprocess.CompletedProcess:
    databases = harness.running.databases
    return subprocess.run(
        [harness.binaries / "lanyard", "organizations", "shred", "--organization", organization, "--confirm", name,
         "--policy-database-url-file", databases["policy"].owner_url_file,
         "--vault-database-url-file", databases["vault"].owner_url_file, *more],
        capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS)


def bytes_of(harness, organization: str) -> list[str]:
    """Every wrapped key and every sealed value of an organization, in hexadecimal."""
    owned = f"WHERE organization_id = '{organization}'"
    rows = sql(
        harness, "vault",
        f"SELECT encode(blob, 'hex') FROM organization_key {owned} UNION ALL"
        f" SELECT encode(sealed_tokens, 'hex') FROM connection {owned} AND sealed_tokens IS NOT NULL UNION ALL"
        f" SELECT encode(sealed_value, 'hex') FROM organization_secret {owned}")
    return rows.split()


def refusal(caller, *request) -> str:
    try:
        caller.call(*request)
    except Problem as problem:
        return problem.code
    return "let in"


def test_a_shredded_organization_is_gone_for_good_and_its_neighbour_is_not(harness, provider):
    organization, neighbour = harness.organization(), harness.organization()
    places = []
    for each in (organization, neighbour):
        member, inbox, integration = each.member(), application(), provider.integration(each.owner)
        harness.connect(member, integration, provider, inbox)
        places.append((member, integration, inbox))
    name = organization.owner.call("GET", "/v1/organization")["name"]
    before = bytes_of(harness, organization.id)
    assert len(before) == 3, "a key, a client secret and the tokens of a Connection"

    assert "--confirm" in shred(harness, organization.id, name + "!").stderr
    refused = shred(harness, organization.id, name)
    assert refused.returncode == 1 and "1 live Connections" in refused.stderr, "its tokens would go on working"
    assert bytes_of(harness, organization.id) == before
    assert organization.owner.call("GET", "/v1/me"), "and nothing was closed either"

    revocation = organization.owner.call("POST", "/v1/revocations", {"all": True})["id"]
    eventually(
        lambda: organization.owner.call("GET", f"/v1/revocations/{revocation}")["totals"]["pending"] == 0,
        what="the provider's word")
    done = shred(harness, organization.id, name)
    assert done.returncode == 0, done.stderr

    member, integration, inbox = places[0]
    for caller in (organization.host, organization.owner, member):
        eventually(
            lambda caller=caller: refusal(caller, "GET", "/v1/me") == "unauthenticated", what="the end of a credential")
    with pytest.raises(Problem):
        organization.host.session("owner", "owner")
    assert bytes_of(harness, organization.id) == []
    text = dump(harness, "vault").decode()
    found = [value for value in before if value in text]
    print(f"figure: of {len(before)} wrapped keys and sealed values of a shredded organization, {len(found)} are in a dump taken after")
    assert found == []
    assert all(value in text for value in bytes_of(harness, neighbour.id)), "the dump does show such values"

    member, integration, inbox = places[1]
    assert harness.ready(member, integration, inbox)["accessToken"]
    for service, action in (("policy", "organization.closed"), ("vault", "organization.keys.shredded")):
        rows = sql(
            harness, service, "SELECT actor_kind FROM audit_entry WHERE action = "
            f"'{action}' AND organization_id = '{organization.id}'")
        assert rows == "operatorCommand"
        assert verify(harness, service, organization.id).returncode == 0, "its trail stays whole"
    again = shred(harness, organization.id, name)
    assert again.returncode == 0 and "0 versions" in again.stdout


def test_an_organization_that_is_closed_with_a_live_connection_is_revoked_first(harness):
    organization, practice = harness.organization(), practice_party(harness)
    member, inbox, integration = organization.member(), application(), practice.integration(organization.owner)
    token = harness.connect(member, integration, practice, inbox)["accessToken"]
    assert practice.mail(token) == 200
    name = organization.owner.call("GET", "/v1/organization")["name"]
    before = bytes_of(harness, organization.id)
    # As when a Connection is made between the command's look and the closing, or the command ends there.
    sql(harness, "policy", f"UPDATE organization SET closed_at = now() WHERE organization_id = '{organization.id}'")
    refused = shred(harness, organization.id, name)
    assert refused.returncode == 1 and "--revoke" in refused.stderr and "closed" in refused.stderr
    assert bytes_of(harness, organization.id) == before, "nothing was destroyed"
    assert practice.mail(token) == 200

    done = shred(harness, organization.id, name, "--revoke")
    assert done.returncode == 0, done.stderr
    assert "not confirmed" not in done.stdout
    assert bytes_of(harness, organization.id) == []
    assert practice.mail(token) == 401, "the provider was told before the key went"
    states = sql(harness, "vault", f"SELECT state FROM revocation_task WHERE organization_id = '{organization.id}'")
    assert states == "revoked"
    begun = sql(
        harness, "vault", "SELECT actor_kind, details ->> 'connections' FROM audit_entry"
        f" WHERE action = 'revocation.begun' AND organization_id = '{organization.id}'")
    assert begun == "operatorCommand|1"
    assert verify(harness, "vault", organization.id).returncode == 0


def test_what_is_left_alive_is_said(harness):
    organization, practice = harness.organization(), practice_party(harness)
    member, integration = organization.member(), practice.integration(organization.owner)
    token = harness.connect(member, integration, practice, application())["accessToken"]
    name = organization.owner.call("GET", "/v1/organization")["name"]
    done = shred(harness, organization.id, name, "--without-revoking")
    assert done.returncode == 0, done.stderr
    assert "not confirmed as revoked by their providers  1 Connections (1 left alive)" in done.stdout
    assert practice.mail(token) == 200, "it works until it ends"
    unproven = sql(
        harness, "vault", "SELECT details ->> 'unproven' FROM audit_entry WHERE action = 'organization.keys.shredded'"
        f" AND organization_id = '{organization.id}'")
    assert unproven == "1"
