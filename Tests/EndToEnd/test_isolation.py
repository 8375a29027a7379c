"""Two organizations and two users cannot see each other, and neither can two Applications."""

import pytest
from harness import application
from localstack.api import Problem


@pytest.fixture(scope="module")
def two(harness):
    """Two organizations with the same Integration, and one Connection in the first."""
    first, second = harness.organization(), harness.organization()
    integrations = [harness.django.integration(each.owner) for each in (first, second)]
    member, inbox = first.member("same-person"), application()
    auth = harness.connect(member, integrations[0], harness.django, inbox)
    return first, second, integrations, member, inbox, auth


def refused(call, *arguments) -> str:
    with pytest.raises(Problem) as problem:
        call(*arguments)
    assert problem.value.status == 404
    return problem.value.code


def test_another_organization_sees_no_integration(two):
    _, second, integrations, *_ = two
    assert refused(second.owner.call, "GET", f"/v1/integrations/{integrations[0]['id']}") == "integration_not_found"
    listed = second.owner.call("GET", "/v1/integrations")["items"]
    assert [each["id"] for each in listed] == [integrations[1]["id"]]


def test_the_same_person_in_another_organization_has_no_connection(two):
    _, second, integrations, _, inbox, auth = two
    member = second.member("same-person")
    assert member.list(inbox, integrationId=integrations[1]["id"]) == []
    assert refused(member.refresh, auth["id"], inbox) == "connection_not_found"
    assert member.resolve(inbox, integrationId=integrations[1]["id"])["status"] == "consentRequired"
    with pytest.raises(Problem) as problem:
        member.resolve(inbox, integrationId=integrations[0]["id"])
    assert problem.value.code == "integration_not_found"


def test_another_member_of_the_same_organization_has_no_connection(two):
    first, _, integrations, _, inbox, auth = two
    other = first.member("other-person")
    assert other.list(inbox, integrationId=integrations[0]["id"]) == []
    assert refused(other.refresh, auth["id"], inbox) == "connection_not_found"
    with pytest.raises(Problem) as problem:
        other.resolve(inbox, integrationId=integrations[0]["id"], connectionKey=auth["id"])
    assert problem.value.code == "connection_not_found"


def test_another_application_gains_nothing_by_declaring_the_same_app_id(two):
    _, _, integrations, member, inbox, auth = two
    thief = {**application("thief"), "appId": inbox["appId"]}
    assert member.list(thief, integrationId=integrations[0]["id"]) == []
    assert refused(member.refresh, auth["id"], thief) == "connection_not_found"
    answer = member.resolve(thief, integrationId=integrations[0]["id"])
    assert answer["status"] == "consentRequired"


def test_revoking_what_belongs_to_someone_else_changes_nothing(two):
    first, second, integrations, member, inbox, auth = two
    for stranger in (first.member("other-person"), second.member("same-person")):
        try:
            stranger.revoke(auth["id"], inbox)
        except Problem as problem:
            assert problem.code == "connection_not_found"
    answer = member.resolve(inbox, integrationId=integrations[0]["id"])
    assert answer["status"] == "ready"


def test_a_flow_belongs_to_the_member_who_started_it(two):
    first, second, integrations, member, _, _ = two
    flow = member.resolve(application(), integrationId=integrations[0]["id"])["flow"]
    for stranger in (first.member("other-person"), second.member("same-person")):
        assert refused(stranger.call, "GET", f"/v1/flows/{flow['id']}?wait=0") == "flow_not_found"
        assert refused(stranger.call, "DELETE", f"/v1/flows/{flow['id']}") == "flow_not_found"


def test_a_member_cannot_do_what_only_owners_may(two):
    first, _, integrations, *_ = two
    member = first.member("other-person")
    for method, path, body in [
        ("POST", "/v1/integrations", {"name": "x", "provider": "github", "clientId": "x", "clientSecret": "x"}),
        ("PATCH", f"/v1/integrations/{integrations[0]['id']}", {"name": "x"}),
        ("DELETE", f"/v1/integrations/{integrations[0]['id']}", None),
        ("POST", "/v1/sessions", {"user": {"id": "x"}}),
    ]:
        with pytest.raises(Problem) as problem:
            member.call(method, path, body)
        assert problem.value.status == 403, f"{method} {path}"
