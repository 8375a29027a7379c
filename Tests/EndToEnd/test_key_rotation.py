"""An owner has the organization's key rotated over the public API, and sees how it goes."""

import pytest
from harness import application, eventually, sql
from localstack.api import Problem

# A rotation walks until every writer has heard of the new key, ten seconds; the rest is for a busy machine.
END_SECONDS = 90.0


def key_versions(harness, organization) -> set[int]:
    """The key versions in the headers of the organization's values, as the database sees them."""
    rows = sql(
        harness, "vault",
        "SELECT DISTINCT encode(substring(v FROM 4 FOR 4), 'hex') FROM ("
        f" SELECT sealed_tokens AS v FROM connection WHERE organization_id = '{organization.id}'"
        f" UNION ALL SELECT sealed_value FROM organization_secret WHERE organization_id = '{organization.id}') AS every",
    )
    return {int(row, 16) for row in rows.split()}


def test_an_owner_has_the_key_rotated_while_everything_goes_on(harness, provider):
    organization = harness.organization()
    owner, member, inbox = organization.owner, organization.member(), application()
    integration = provider.integration(owner)
    before = harness.connect(member, integration, provider, inbox)
    begun = owner.call("POST", "/v1/keys/rotations", {})
    assert (begun["state"], begun["keyVersion"], begun["rewritten"]) == ("running", 2, 0)
    assert begun["total"] >= 2, "a client secret and the tokens of a Connection"
    again = owner.call("POST", "/v1/keys/rotations")
    assert again["id"] == begun["id"], "while one runs, it is the answer"
    seen = []

    def finished() -> bool:
        seen.append(owner.call("GET", f"/v1/keys/rotations/{begun['id']}"))
        assert harness.ready(member, integration, inbox)["accessToken"] == before["accessToken"]
        return seen[-1]["state"] == "finished"

    eventually(finished, END_SECONDS, "the end of the rotation")
    assert {each["state"] for each in seen} == {"running", "finished"}
    assert [each["rewritten"] for each in seen] == sorted(each["rewritten"] for each in seen)
    assert seen[-1]["rewritten"] >= begun["total"] and seen[-1]["unreadable"] == 0
    assert seen[-1]["finishedAt"] > seen[-1]["startedAt"]
    assert key_versions(harness, organization) == {2}
    after = member.refresh(before["id"], inbox)
    assert provider.mail(after["accessToken"]) == 200, "the client secret opens as well"
    print(f"figure: rotation over the public API: {len(seen)} looks while it ran, {seen[-1]['rewritten']} values, none unreadable")
    later = owner.call("POST", "/v1/keys/rotations")
    assert later["id"] != begun["id"] and later["keyVersion"] == 3
    listed = organization.host.call("GET", "/v1/keys/rotations?limit=1")
    assert [each["id"] for each in listed["items"]] == [later["id"]]
    listed = owner.call("GET", f"/v1/keys/rotations?cursor={listed['nextCursor']}")
    assert listed["items"] == [seen[-1]], "what has ended stays known"
    actions = [row["action"] for row in owner.call("GET", "/v1/audit?action=organization.key.rotation.begun")["items"]]
    assert len(actions) == 2


def test_only_owners_order_a_new_key(harness, provider):
    organization, other = harness.organization(), harness.organization()
    assert problem(organization.owner, "POST", "/v1/keys/rotations") == "not_found", "nothing is stored yet"
    harness.connect(organization.member(), provider.integration(organization.owner), provider, application())
    admin = organization.host.session("admin", "admin")
    assert problem(admin, "POST", "/v1/keys/rotations") == "forbidden"
    assert problem(organization.member(), "POST", "/v1/keys/rotations") == "forbidden"
    assert problem(organization.owner, "POST", "/v1/keys/rotations", {"speed": 9}) == "invalid_request"
    begun = organization.host.call("POST", "/v1/keys/rotations")
    assert admin.call("GET", f"/v1/keys/rotations/{begun['id']}")["id"] == begun["id"]
    for caller in (other.owner, other.host):
        assert problem(caller, "GET", f"/v1/keys/rotations/{begun['id']}") == "not_found"
        assert caller.call("GET", "/v1/keys/rotations")["items"] == []
    assert problem(organization.member(), "GET", f"/v1/keys/rotations/{begun['id']}") == "forbidden"


def problem(caller, *request) -> str:
    with pytest.raises(Problem) as raised:
        caller.call(*request)
    return raised.value.code
