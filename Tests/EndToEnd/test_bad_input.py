"""Bad input on every endpoint: the right problem document, and nothing stored."""

import json

import pytest
from harness import application
from localstack.web import HTTP

# Above the limit of every body.
OVERSIZE_BYTES = 3 * 1024 * 1024
# What a refused request may leave behind: a record that it was refused, and which Application asked.
MAY_GROW = ("audit", "session", "application")

APPLICATION = {"id": "app-1", "appId": "org.example.app", "name": "App"}
INTEGRATION = {"name": "Mail", "provider": "github", "clientId": "id", "clientSecret": "secret"}
UNKNOWN = {"int": "int_unknown", "con": "con_unknown", "flow": "flw_unknown", "ses": "ses_unknown", "usr": "usr_unknown"}

# method, path, valid body, a field with a value of the wrong type, who may call it
ENDPOINTS = [
    ("POST", "/v1/sessions", {"user": {"id": "x"}}, {"user": "x"}, "host"),
    ("POST", "/v1/integrations", INTEGRATION, {"name": 1}, "owner"),
    ("PATCH", "/v1/integrations/{int}", {"name": "x"}, {"name": []}, "owner"),
    ("POST", "/v1/integrations/{int}/secrets", {"clientSecret": "x"}, {"clientSecret": 7}, "owner"),
    ("POST", "/v1/auth/resolve", {"providerUrl": "https://github.com", "application": APPLICATION},
     {"application": "x"}, "member"),
    ("POST", "/v1/auth/list", {"providerUrl": "https://github.com", "application": APPLICATION},
     {"application": {"id": 4}}, "member"),
    ("POST", "/v1/auth/refresh", {"connectionId": "con_x", "application": APPLICATION}, {"connectionId": 4}, "member"),
    ("POST", "/v1/auth/revoke", {"connectionId": "con_x", "application": APPLICATION}, {"connectionId": {}}, "member"),
    ("POST", "/v1/revocations", {"all": True}, {"all": "x"}, "owner"),
]
READS = [
    ("GET", "/v1/me"), ("GET", "/v1/providers"), ("GET", "/v1/providers/github"), ("GET", "/v1/integrations"),
    ("GET", "/v1/integrations/{int}"), ("DELETE", "/v1/integrations/{int}"), ("GET", "/v1/connections"),
    ("DELETE", "/v1/connections/{con}"), ("GET", "/v1/flows/{flow}"), ("DELETE", "/v1/flows/{flow}"),
    ("POST", "/v1/integrations/{int}/check"), ("DELETE", "/v1/sessions/{ses}"), ("DELETE", "/v1/users/{usr}"),
    ("POST", "/v1/connections/{con}/default"), ("POST", "/v1/connections/{con}/pause"),
    ("POST", "/v1/connections/{con}/resume"), ("POST", "/v1/connections/{con}/reconnect"),
]
# What members ask of their own Connections, with nothing in the body.
OF_CONNECTIONS = [("DELETE", ""), ("POST", "/default"), ("POST", "/pause"), ("POST", "/resume"), ("POST", "/reconnect")]


@pytest.fixture(scope="module")
def organization(harness):
    return harness.organization()


@pytest.fixture(scope="module")
def integration(organization):
    return organization.owner.create_integration(**INTEGRATION)


@pytest.fixture(scope="module")
def other(harness):
    return harness.organization()


@pytest.fixture(scope="module")
def stranger(other):
    """The owner of another organization."""
    return other.owner


@pytest.fixture
def nothing_stored(harness, organization, other, integration):
    """Fails the test when a table has grown that a refused request must leave alone."""
    callers = {"host": organization.host, "owner": organization.owner, "member": organization.member("bad-input")}
    before = harness.count_rows([organization.id, other.id])
    assert before["policy.integration"] == 1 and before["policy.member"] >= 2, "the rows of the two are counted"
    yield callers
    after = harness.count_rows([organization.id, other.id])
    grown = {
        table: (before.get(table, 0), count) for table, count in after.items()
        if count != before.get(table, 0) and not any(word in table for word in MAY_GROW)
    }
    assert not grown, grown


def expect_problem(response, status: int, code: str) -> dict:
    """The answer is an RFC 9457 problem document with this status and code."""
    assert response.status == status, f"{response.status} {response.text[:300]}"
    assert response.headers["Content-Type"].startswith("application/problem+json")
    document = response.json()
    assert document["status"] == status
    assert document["code"] == code
    assert document["type"] and document["title"] and document["detail"] and document["requestId"]
    return document


def fill(path: str, integration: dict) -> str:
    return path.format(**{**UNKNOWN, "int": integration["id"]})


def names(entry) -> str:
    return f"{entry[0]} {entry[1]}"


@pytest.mark.parametrize("entry", ENDPOINTS, ids=names)
def test_an_unknown_field_is_refused_by_name(entry, nothing_stored, integration):
    method, path, body, _, caller = entry
    answer = nothing_stored[caller].raw(method, fill(path, integration), {**body, "surplusField": 1})
    assert "surplusField" in expect_problem(answer, 400, "invalid_request")["detail"]


@pytest.mark.parametrize("entry", ENDPOINTS, ids=names)
def test_a_wrong_type_is_refused(entry, nothing_stored, integration):
    method, path, body, wrong, caller = entry
    answer = nothing_stored[caller].raw(method, fill(path, integration), {**body, **wrong})
    document = expect_problem(answer, 400, "invalid_request")
    assert next(iter(wrong)) in document["detail"]


@pytest.mark.parametrize("entry", ENDPOINTS, ids=names)
def test_a_missing_body_and_a_broken_one_are_refused(entry, harness, nothing_stored, integration):
    method, path, _, _, caller = entry
    url, token = harness.gateway + fill(path, integration), nothing_stored[caller]._token
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for raw in (b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"a":1}{"b":2}'):
        if method == "PATCH" and raw == b"":
            continue
        expect_problem(HTTP().send(method, url, headers, raw), 400, "invalid_request")


@pytest.mark.parametrize("entry", ENDPOINTS, ids=names)
def test_another_content_type_is_refused(entry, harness, nothing_stored, integration):
    method, path, body, _, caller = entry
    headers = {"Authorization": f"Bearer {nothing_stored[caller]._token}", "Content-Type": "text/plain"}
    answer = HTTP().send(method, harness.gateway + fill(path, integration), headers, json.dumps(body).encode())
    expect_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("entry", ENDPOINTS, ids=names)
def test_an_oversize_body_is_refused(entry, nothing_stored, integration):
    method, path, body, _, caller = entry
    answer = nothing_stored[caller].raw(method, fill(path, integration), {**body, "name": "x" * OVERSIZE_BYTES})
    expect_problem(answer, 413, "payload_too_large")


@pytest.mark.parametrize("entry", [*ENDPOINTS, *((m, p, None, None, "") for m, p in READS)], ids=names)
def test_a_missing_or_unknown_credential_is_refused(entry, harness, nothing_stored, integration):
    method, path, body = entry[:3]
    url = harness.gateway + fill(path, integration)
    for header in ({}, {"Authorization": "Bearer lys_unknown"}, {"Authorization": "Basic eDp5"},
                   {"Authorization": "Bearer lyk_unknown"}, {"Authorization": "Bearer"}):
        payload = None if body is None else json.dumps(body).encode()
        headers = {**header, "Content-Type": "application/json"}
        expect_problem(HTTP().send(method, url, headers, payload), 401, "unauthenticated")


@pytest.mark.parametrize(
    "method, path, body, code",
    [
        ("GET", "/v1/integrations/{int}", None, "integration_not_found"),
        ("PATCH", "/v1/integrations/{int}", {"name": "x"}, "integration_not_found"),
        ("DELETE", "/v1/integrations/{int}", None, "integration_not_found"),
        ("POST", "/v1/integrations/{int}/secrets", {"clientSecret": "x"}, "integration_not_found"),
        ("POST", "/v1/integrations/{int}/check", None, "integration_not_found"),
        ("POST", "/v1/auth/resolve", {"integrationId": "{int}", "application": APPLICATION}, "integration_not_found"),
    ],
)
def test_another_organization_finds_nothing(method, path, body, code, stranger, nothing_stored, integration):
    if body and "integrationId" in body:
        body = {**body, "integrationId": integration["id"]}
    expect_problem(stranger.raw(method, path.format(int=integration["id"]), body), 404, code)


@pytest.mark.parametrize("method, action", OF_CONNECTIONS, ids=lambda each: each or "/")
def test_a_connection_that_is_not_there_is_not_found(method, action, nothing_stored):
    for unknown in ("con_unknown", "int_unknown", "nonsense", "con_%00", "con_" + "x" * 600):
        answer = nothing_stored["member"].raw(method, f"/v1/connections/{unknown}{action}")
        expect_problem(answer, 404, "connection_not_found")


def test_a_user_who_is_not_there_is_not_removed(nothing_stored):
    for unknown in ("usr_unknown", "con_unknown", "usr_" + "x" * 600):
        expect_problem(nothing_stored["host"].raw("DELETE", f"/v1/users/{unknown}"), 404, "not_found")
    # A host platform's own id is any text, but none that the database cannot hold.
    expect_problem(nothing_stored["host"].raw("DELETE", "/v1/users/usr_%00"), 400, "invalid_request")


def test_another_organization_removes_nobody(nothing_stored, other):
    user = nothing_stored["member"].call("GET", "/v1/me")["user"]["id"]
    expect_problem(other.host.raw("DELETE", f"/v1/users/{user}"), 404, "not_found")


@pytest.mark.parametrize(
    "selection", [{}, {"all": False}, {"all": True, "userId": "usr_unknown"}, {"integrationId": "con_x"}, {"mcpServerId": ""}],
    ids=["nothing", "not all", "two things", "an id of another kind", "an empty id"],
)
def test_a_revocation_of_what_cannot_be_told_is_refused(selection, nothing_stored):
    expect_problem(nothing_stored["owner"].raw("POST", "/v1/revocations", selection), 400, "invalid_request")


def test_a_member_revokes_nothing_of_others(nothing_stored):
    expect_problem(nothing_stored["member"].raw("POST", "/v1/revocations", {"all": True}), 403, "forbidden")


def test_unknown_paths_and_methods_are_problem_documents(harness, nothing_stored):
    expect_problem(HTTP().get(f"{harness.gateway}/v1/nothing-here"), 404, "not_found")
    answer = HTTP().send("PUT", f"{harness.gateway}/v1/integrations", {"Content-Type": "application/json"}, b"{}")
    assert answer.status in (404, 405)


@pytest.mark.parametrize(
    "selection",
    [{}, {"providerUrl": "https://github.com", "integrationId": "int_x"}, {"providerUrl": "not a url"},
     {"providerUrl": "https://github.com", "prompt": "sometimes"}, {"providerUrl": "https://github.com", "scopes": "a b"}],
    ids=["neither selector", "both selectors", "no URL", "unknown prompt", "scopes as text"],
)
def test_bad_arguments_of_resolve_are_invalid_requests(selection, nothing_stored):
    answer = nothing_stored["member"].raw("POST", "/v1/auth/resolve", {**selection, "application": application()})
    expect_problem(answer, 400, "invalid_request")
