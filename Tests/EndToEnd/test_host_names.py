"""What a host or an owner would write without having read our code: their own ids of people, common forms of values."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from harness import application, practice_party
from localstack.api import Problem


@pytest.fixture(scope="module")
def place(harness):
    organization, party = harness.organization(), practice_party(harness)
    return organization, party, party.integration(organization.owner)


def code_of(call, *arguments) -> tuple[int, str]:
    with pytest.raises(Problem) as refused:
        call(*arguments)
    return refused.value.status, refused.value.code


def test_the_host_needs_no_id_but_its_own(harness, place):
    organization, party, integration = place
    owner, host = organization.owner, organization.host
    member, inbox = organization.member("u-1001"), application()
    organization.member("u-1002")
    connection = harness.connect(member, integration, party, inbox)["id"]
    ours = member.call("GET", "/v1/me")["user"]["id"]

    for caller in (owner, host):
        for name in ("u-1001", ours):
            found = caller.call("GET", f"/v1/connections?userId={name}")["items"]
            assert [each["id"] for each in found] == [connection], name
        assert caller.call("GET", "/v1/connections?userId=u-1002")["items"] == []
        assert code_of(caller.call, "GET", "/v1/connections?userId=nobody") == (404, "not_found")
    assert owner.call("PATCH", "/v1/users/u-1001", {"role": "admin"})["id"] == ours
    assert owner.call("PATCH", "/v1/users/u-1001", {"role": "member"})["role"] == "member"

    question = {"subject": {"userId": "u-1001"}, "resource": {"integrationId": integration["id"]}}
    assert owner.call("POST", "/v1/decisions", question)["effect"] == "allow"
    assert member.call("POST", "/v1/decisions", question)["effect"] == "allow", "about themselves, by either id"
    draft = {
        "name": "not for them", "effect": "deny", "subjects": {"users": ["u-1001"]},
        "resources": {"integrations": [integration["id"]]},
    }
    preview = owner.call("POST", "/v1/rules/preview", {"rules": [draft]})
    assert {change["userId"] for change in preview["changes"]} == {ours}
    rule = owner.call("POST", "/v1/rules", draft)
    assert rule["subjects"]["users"] == [ours]
    assert owner.call("POST", "/v1/decisions", question)["effect"] == "deny"
    assert owner.call("PUT", f"/v1/rules/{rule['id']}", draft | {"subjects": {"users": ["u-1002"]}})
    assert owner.call("POST", "/v1/decisions", question)["effect"] == "allow"
    owner.call("DELETE", f"/v1/rules/{rule['id']}")
    unknown = draft | {"subjects": {"users": ["u-1001", "nobody"]}}
    assert code_of(owner.call, "POST", "/v1/rules", unknown) == (400, "invalid_request")

    revocation = host.call("POST", "/v1/revocations", {"userId": "u-1001"})
    report = host.call("GET", f"/v1/revocations/{revocation['id']}")
    assert [item["connectionId"] for item in report["items"]] == [connection]
    assert set(report["totals"]) == {"revoked", "notRevocableAtProvider", "sharedGrantKept", "pending", "failed"}
    assert report["nextCursor"] is None
    host.call("DELETE", "/v1/users/u-1001")
    assert code_of(member.call, "GET", "/v1/me") == (401, "unauthenticated")
    assert code_of(host.call, "DELETE", "/v1/users/u-1001") == (404, "not_found")


def test_a_member_learns_nothing_of_others_by_their_names(place):
    organization, _, integration = place
    organization.member("u-2001")
    curious = organization.member("u-2002")
    question = {"subject": {"userId": "u-2001"}, "resource": {"integrationId": integration["id"]}}
    known = code_of(curious.call, "POST", "/v1/decisions", question)
    question["subject"]["userId"] = "nobody"
    assert code_of(curious.call, "POST", "/v1/decisions", question) == known == (403, "forbidden")
    for name in ("u-2001", "nobody"):
        assert code_of(curious.call, "GET", f"/v1/connections?userId={name}") == (403, "forbidden")
        assert code_of(curious.call, "DELETE", f"/v1/users/{name}") == (403, "forbidden")


def test_another_organizations_people_have_no_names_here(harness, place):
    organization, _, _ = place
    organization.member("u-3001")
    other = harness.organization()
    assert code_of(other.owner.call, "DELETE", "/v1/users/u-3001") == (404, "not_found")
    assert code_of(other.owner.call, "GET", "/v1/connections?userId=u-3001") == (404, "not_found")


def test_ids_that_are_none_are_told_as_ids_of_nothing(place):
    organization, _, integration = place
    member, inbox = organization.member("u-4001"), application()
    for key in ("nope", "6f9619ff-8b86-d011-b42d-00cf4fc964ff", "con_unknown"):
        by_key = {"integrationId": integration["id"], "connectionKey": key, "application": inbox}
        assert code_of(member.call, "POST", "/v1/auth/resolve", by_key)[1] == "connection_not_found"
        action = {"connectionId": key, "application": inbox}
        assert code_of(member.call, "POST", "/v1/auth/refresh", action)[1] == "connection_not_found"
    unknown = {"integrationId": "github", "application": inbox}
    for path in ("/v1/auth/resolve", "/v1/auth/list"):
        assert code_of(member.call, "POST", path, unknown) == (404, "integration_not_found")


def test_a_provider_answers_to_its_other_urls(place):
    organization, _, _ = place
    microsoft = organization.owner.create_integration(
        name="Microsoft", provider="microsoft", clientId="client", clientSecret="secret", variables={"tenant": "common"})
    member = organization.member("u-5001")
    for url in ("https://login.microsoftonline.com", "https://login.microsoftonline.com/common/v2.0/"):
        answer = member.resolve(application(), providerUrl=url, scopes=["Mail.Read"])
        assert answer["status"] == "consentRequired", (url, microsoft["providerUrl"])
    assert code_of(member.call, "POST", "/v1/auth/resolve", {
        "providerUrl": "https://login.microsoftonline.com.evil.example", "application": application()}) == (
            404, "integration_not_found")


def test_a_custom_provider_is_named_by_its_issuer_alone_or_by_its_endpoints_alone(harness, place):
    organization, party, _ = place
    owner, issuer = organization.owner, party.issuer
    practice = harness.running.plan.practice
    client = {"clientId": practice.client_id, "clientSecret": practice.client_secret, "provider": "custom"}
    found = owner.create_integration(name="By issuer", **client, custom={"issuer": issuer})
    assert found["providerUrl"] == issuer
    described = owner.create_integration(
        name="By endpoints", **client, defaultScopes=["openid", "profile"], custom={
            "providerUrl": issuer + "/described", "authorizationEndpoint": f"{issuer}/authorize",
            "tokenEndpoint": f"{issuer}/token", "userinfoEndpoint": f"{issuer}/userinfo", "pkce": True,
            "clientAuth": "client_secret_post", "accountIdPath": "sub", "accountDisplayPath": "email",
        })
    assert described["custom"]["clientAuth"] == "post"
    member = organization.member("u-6001")
    auth = harness.connect(member, described, party, application())
    assert auth["accessToken"] and auth["providerUrl"] == issuer + "/described"


def test_a_ceiling_is_taken_away_by_null(place):
    organization, _, integration = place
    owner, path = organization.owner, f"/v1/integrations/{integration['id']}"
    scopes = integration["defaultScopes"]
    assert owner.call("PATCH", path, {"maximumScopes": scopes})["maximumScopes"] == scopes
    assert owner.call("PATCH", path, {"name": "Renamed"})["maximumScopes"] == scopes
    assert "maximumScopes" not in owner.call("PATCH", path, {"maximumScopes": None})


def test_times_sessions_and_bodies_in_common_forms(place):
    organization, _, integration = place
    owner = organization.owner
    ends = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    assert ends.endswith("+00:00")
    assert owner.call("GET", f"/v1/audit?from={(datetime.now(UTC) - timedelta(days=1)).isoformat().replace('+', '%2B')}")
    brief = organization.host.create_session("u-7001", seconds=1)
    assert brief["token"].startswith("lys_")
    assert owner.call("GET", "/v1/rules")["nextCursor"] is None
    for path in (f"/v1/integrations/{integration['id']}/check", "/v1/keys/rotations"):
        assert code_of(owner.call, "POST", path, {"force": True}) == (400, "invalid_request")
    bare = {"charms": [{"id": "bare", "name": "Bare", "mcpServers": []}]}
    assert [entry["id"] for entry in owner.call("PUT", "/v1/configuration", bare)["created"]] == ["bare"]


def test_a_charms_session_gets_no_token_of_an_application(harness, place):
    organization, party, integration = place
    member, inbox = organization.member("u-8001"), application()
    connection = harness.connect(member, integration, party, inbox)["id"]
    agent = organization.host.session("u-8001", charm="postman")
    body = {"integrationId": integration["id"], "application": inbox}
    for path in ("/v1/auth/resolve", "/v1/auth/list"):
        assert code_of(agent.call, "POST", path, body) == (403, "forbidden")
    for path in ("/v1/auth/refresh", "/v1/auth/revoke"):
        action = {"connectionId": connection, "application": inbox}
        assert code_of(agent.call, "POST", path, action) == (403, "forbidden")
    server = organization.owner.call("POST", "/v1/mcp-servers", {
        "name": "Practice", "url": f"{party.issuer}/mcp", "auth": {"type": "oauth", "integrationId": integration["id"]}})
    organization.owner.call("POST", "/v1/charms", {
        "id": "postman", "name": "Postman", "mcpServers": [{"mcpServerId": server["id"]}]})
    path = f"/v1/mcp-servers/{server['id']}/connect"
    assert code_of(agent.call, "POST", path, {"application": inbox}) == (403, "forbidden")
    header = base64.urlsafe_b64encode(json.dumps(inbox).encode()).decode().rstrip("=")
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"}}}}
    answer = agent.raw("POST", f"/mcp/{server['id']}", message, headers={
        "Lanyard-Application": header, "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list",
        "Accept": "application/json, text/event-stream"})
    assert b"acts for no Application" in answer.body, answer.body
    assert harness.ready(member, integration, inbox)["id"] == connection
