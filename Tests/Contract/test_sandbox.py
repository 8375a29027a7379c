"""The practice provider's real executable, alone, against its OpenAPI document: good calls and generated ones."""

import json
import re
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import REPOSITORY
from generated import CALL_SECONDS, CHECKS, exercise
from localstack.browser import Browser, find_button
from localstack.build import find_binaries
from practice import REDIRECT_URI, MCPCalls, PracticeExecutable

ADMIN_OPERATIONS = (
    ("POST", "/admin/authorize"), ("POST", "/admin/clients"), ("GET", "/admin/settings"), ("PATCH", "/admin/settings"),
    ("GET", "/admin/tokens"), ("POST", "/admin/tokens/expire"), ("POST", "/admin/tokens/revoke"),
    ("POST", "/admin/faults"), ("GET", "/admin/faults"), ("DELETE", "/admin/faults"), ("DELETE", "/admin/faults/1"),
    ("GET", "/admin/counters"), ("GET", "/admin/discovery"), ("PUT", "/admin/discovery"),
    ("GET", "/admin/mcp/tools"), ("PUT", "/admin/mcp/tools/echo"),
    ("DELETE", "/admin/mcp/tools/echo"), ("GET", "/admin/mcp/counters"), ("POST", "/admin/mcp/sessions/end"),
    ("POST", "/admin/reset"),
)
# They take no body.
WITHOUT_BODY = ("/admin/reset", "/admin/mcp/sessions/end")


@pytest.fixture(scope="module")
def practice():
    with tempfile.TemporaryDirectory(prefix="lanyard-sandbox-") as folder:
        executable = PracticeExecutable(find_binaries(REPOSITORY, "debug"), Path(folder))
        try:
            yield executable
        finally:
            executable.stop()


def expect_error(answer, status: int, code: str) -> None:
    assert answer.status == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    document = answer.json()
    assert document["error"] == code and document["error_description"]
    assert set(document) == {"error", "error_description"}


def test_generated_requests_get_documented_answers(practice):
    access_token = ""

    def prepare(_: str) -> None:
        # Another operation may have ended every token, or replaced the settings.
        nonlocal access_token
        assert practice.send("POST", "/admin/reset", practice.admin).status == 204
        access_token = practice.tokens()["access_token"]

    def credential(path: str) -> dict[str, str]:
        if path.startswith("/admin/"):
            return practice.admin
        if path in ("/userinfo", "/api/messages", "/mcp"):
            return {"Authorization": f"Bearer {access_token}"}
        if path == "/mcp/static":
            return practice.static
        return practice.basic if path in ("/token", "/revoke", "/introspect") else {}

    def send(case) -> int:
        response = case.call(headers=credential(case.operation.path), timeout=CALL_SECONDS)
        case.validate_response(response, checks=CHECKS)
        if case.operation.path == "/admin/faults":
            # It would spoil the answers of the operations that come later.
            practice.administrator.clear_faults()
        return response.status_code

    results = exercise(practice.document, practice.url, send, before=prepare)
    print(f"figure: sandbox alone: {results.figure}")
    assert any(status < 300 for status in results.statuses), "not one generated request succeeded"
    assert not results.failures, "\n".join(results.failures)


@pytest.mark.parametrize("person", ["ada", "grace", "alan"])
def test_a_person_consents_in_a_browser_and_the_client_gets_tokens(practice, person):
    query, verifier = practice.authorization(prompt="select_account consent", nonce="n-1")
    browser = Browser()

    def leaves(url: str) -> bool:
        return url.startswith(REDIRECT_URI)

    page = browser.open(f"{practice.url}/authorize?{query}", stop=leaves)
    page = browser.submit(page, page.forms[0], values={"person": person}, stop=leaves)
    target = browser.submit(page, *find_button(page, "allow", "approve"), stop=leaves)
    answer = parse_qs(urlsplit(target).query)
    assert answer["state"] == ["here"] and answer["iss"] == [practice.url]
    exchanged = practice.form(
        "/token",
        {"grant_type": "authorization_code", "code": answer["code"][0], "code_verifier": verifier,
         "redirect_uri": REDIRECT_URI},
    )
    assert exchanged.status == 200 and exchanged.json()["id_token"]
    who = practice.send("GET", "/userinfo", {"Authorization": f"Bearer {exchanged.json()['access_token']}"})
    assert who.status == 200 and who.json()["sub"] == person


def test_tokens_live_rotate_and_end_as_documented(practice):
    tokens = practice.tokens()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert practice.send("GET", "/api/messages", bearer).json()["messages"]
    known = practice.form("/introspect", {"token": tokens["access_token"]}).json()
    assert known["active"] and known["sub"] == "ada" and known["iss"] == practice.url
    renewed = practice.form("/token", {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}).json()
    assert renewed["refresh_token"] != tokens["refresh_token"]
    assert practice.form("/revoke", {"token": renewed["refresh_token"]}).status == 200
    assert practice.form("/introspect", {"token": renewed["access_token"]}).json() == {"active": False}
    expect_error(practice.send("GET", "/api/messages", bearer), 401, "invalid_token")


def test_a_client_registers_itself_and_is_shown_its_secret_once(practice):
    body = json.dumps({"redirect_uris": [REDIRECT_URI], "client_name": "Contract", "surplus": "ignored"}).encode()
    answer = practice.send("POST", "/register", body=body)
    assert answer.status == 201 and answer.json()["client_secret_expires_at"] == 0
    body = json.dumps({"redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none"}).encode()
    assert "client_secret" not in practice.send("POST", "/register", body=body).json()


def test_what_is_wrong_at_the_oauth_endpoints_is_an_oauth_error(practice):
    code = practice.code()
    expect_error(practice.form("/token", code, {}), 401, "invalid_client")
    expect_error(practice.form("/token", {**code, "code_verifier": "x" * 43}), 400, "invalid_grant")
    expect_error(practice.form("/token", code), 400, "invalid_grant")
    expect_error(practice.form("/token", {"grant_type": "password"}), 400, "unsupported_grant_type")
    expect_error(practice.form("/token", {}), 400, "invalid_request")
    expect_error(practice.form("/revoke", {}), 400, "invalid_request")
    expect_error(practice.form("/introspect", {"token": "x"}, {"Authorization": "Basic eDp5"}), 401, "invalid_client")
    expect_error(practice.send("POST", "/register", body=b"[]"), 400, "invalid_client_metadata")
    expect_error(practice.send("POST", "/register", body=b'{"redirect_uris":["/x"]}'), 400, "invalid_redirect_uri")
    expect_error(practice.send("GET", "/userinfo"), 401, "invalid_token")
    expect_error(practice.send("GET", "/people/nobody.svg"), 404, "not_found")
    expect_error(practice.send("GET", "/nothing-here"), 404, "invalid_request")
    expect_error(practice.form("/token", {"code": "x" * 100_000}), 413, "invalid_request")
    narrow = {"Authorization": f"Bearer {practice.tokens(scope='profile')['access_token']}"}
    expect_error(practice.send("GET", "/api/messages", narrow), 403, "insufficient_scope")


def test_no_admin_operation_answers_without_the_admin_token(practice):
    described = {
        (method.upper(), path.replace("{id}", "1").replace("{name}", "echo")) for path, item in practice.document["paths"].items()
        if path.startswith("/admin/") for method in item
    }
    assert described == set(ADMIN_OPERATIONS)
    credentials = [{}, {"Authorization": "Bearer wrong"}, practice.basic,
                   {"Authorization": f"Bearer {practice.tokens()['access_token']}"}]
    for method, path in ADMIN_OPERATIONS:
        for header in credentials:
            answer = practice.send(method, path, header, None if method == "GET" else b"{}")
            expect_error(answer, 401, "invalid_token")
            assert answer.headers["WWW-Authenticate"]
    print(f"figure: {len(ADMIN_OPERATIONS) * len(credentials)} calls of the sandbox's administration without its "
          "token, all refused")


def test_unknown_fields_at_the_admin_endpoints_are_refused_by_name(practice):
    for method, path in ADMIN_OPERATIONS:
        if method in ("POST", "PATCH", "PUT") and path not in WITHOUT_BODY:
            answer = practice.send(method, path, practice.admin, b'{"surplus": 1}')
            expect_error(answer, 400, "invalid_request")
            if path not in ("/admin/authorize", "/admin/clients", "/admin/faults"):
                assert "surplus" in answer.json()["error_description"]


def test_the_mcp_server_answers_in_both_eras(practice):
    client = MCPCalls(practice, "/mcp", {"Authorization": f"Bearer {practice.tokens()['access_token']}"})
    assert client.modern("tools/call", name="whoami", arguments={}).json()["result"]["structuredContent"]["subject"] == "ada"
    session = client.begin("2025-11-25")
    assert client.legacy(session, "tools/call", name="echo", arguments={"text": "é"}).json()["result"]["content"] == [
        {"type": "text", "text": "é"}
    ]
    refused = MCPCalls(practice, "/mcp", {}).modern("tools/list")
    assert refused.status == 401
    metadata = re.search(r'resource_metadata="([^"]+)"', refused.headers["WWW-Authenticate"]).group(1)
    assert practice.http.send("GET", metadata).json()["resource"] == f"{practice.url}/mcp"
    assert MCPCalls(practice, "/mcp/static", practice.static).modern("tools/list").status == 200
    counted = practice.send("GET", "/admin/mcp/counters", practice.admin).json()["tools"]
    assert counted["whoami"]["subjects"] == counted["echo"]["subjects"] == {"ada": 1}


def test_a_fault_waits_strikes_and_is_counted(practice):
    administrator = practice.administrator
    administrator.clear_faults()
    administrator.add_fault(endpoint="mail", kind="status", status=503, error="temporarily_unavailable")
    bearer = {"Authorization": f"Bearer {practice.tokens()['access_token']}"}
    before = administrator.counters()["endpoints"].get("mail", {"faulted": 0})["faulted"]
    struck = practice.send("GET", "/api/messages", bearer)
    assert struck.status == 503 and struck.json()["error"] == "temporarily_unavailable"
    assert practice.send("GET", "/api/messages", bearer).status == 200, "it strikes once"
    assert administrator.counters()["endpoints"]["mail"]["faulted"] == before + 1
