"""What the documented API promises about tokens and rights: acceptance statements 21 to 23 and 35 to 37."""

import re

import pytest
from harness import eventually, sql
from playwright.sync_api import expect

from bridge.person import click

# The pause after several failures in a row grows beyond a quarter of a minute.
AGAIN_SECONDS = 120.0


@pytest.fixture
def config(organization):
    return {"integrationId": organization.practice["id"], "scopes": ["mail.read"]}


@pytest.fixture
def desk(person):
    return person.open_host()


@pytest.fixture(autouse=True)
def ordinary_provider(provider_admin):
    """Whatever a test makes the provider do, the next one finds it as it was."""
    yield
    provider_admin.clear_faults()


@pytest.fixture
def expired(desk, config, practice, harness):
    """An app with a token that has just ended."""
    app = desk.add_app()
    auth = app.connect(config)
    practice.expire()
    # Time passes: as much as the token had, since it came.
    sql(harness, "vault", "UPDATE connection SET received_at = received_at - (expires_at - now()), expires_at = now()"
                          f" WHERE id = '{auth['id']}'")
    return app, auth


def test_statement_21_an_expired_token_is_replaced_without_any_ui(desk, config, expired, practice):
    app, old = expired
    fresh = app.call("getValidAuth", config)
    desk.expect_no_dialog()
    assert fresh["id"] == old["id"]
    assert fresh["accessToken"] != old["accessToken"]
    assert practice.mail(fresh["accessToken"]) == 200


def test_statement_22_refresh_auth_keeps_the_id_and_moves_the_end(desk, config):
    app = desk.add_app()
    old = app.connect(config)
    fresh = app.call("refreshAuth", old)
    assert fresh["id"] == old["id"]
    assert fresh["expiresAt"] > old["expiresAt"]
    assert fresh["accessToken"] != old["accessToken"]


def test_statement_23_without_an_expiry_there_is_none_and_nothing_is_refreshed(desk, config, practice, provider_admin):
    provider_admin.add_fault(
        endpoint="token", kind="missingField", field="expires_in", grantType="authorization_code")
    app = desk.add_app()
    auth = app.connect(config)
    assert "expiresAt" not in auth
    before = practice.refreshes()
    assert "expiresAt" not in app.call("getValidAuth", config)
    assert practice.refreshes() == before


def test_statement_35_ten_calls_at_once_make_one_refresh(desk, config, expired, practice):
    app, old = expired
    other_tab = desk.person.open_host().add_app()
    before = practice.refreshes()
    calls = [(each, each.begin("getValidAuth", config)) for _ in range(5) for each in (app, other_tab)]
    auths = [each.settled(call) for each, call in calls]
    assert len({auth["accessToken"] for auth in auths}) == 1
    assert auths[0]["accessToken"] != old["accessToken"]
    made = practice.refreshes() - before
    print(f"figure: ten calls with an expired token reached the provider {made} time")
    assert made == 1


@pytest.mark.parametrize(
    ("rights", "refused", "allowed"),
    [
        ([], ["getValidAuth", "refreshAuth", "listAuth", "revokeAuth"], []),
        (["oauth.manage"], ["getValidAuth", "refreshAuth"], ["listAuth"]),
        (["oauth.token"], ["listAuth", "revokeAuth"], []),
    ],
)
def test_statement_36_a_manifest_without_the_right_is_not_permitted(desk, config, rights, refused, allowed):
    app = desk.add_app(identity={"requestedScopes": rights})
    selector = {"integrationId": config["integrationId"]}
    arguments = {
        "getValidAuth": config, "refreshAuth": {"id": "con_x"}, "listAuth": selector, "revokeAuth": {"id": "con_x"},
    }
    for method in refused:
        assert app.refused(app.begin(method, arguments[method])) == "permission_denied", method
    desk.expect_no_dialog()
    assert desk.requests == []
    for method in allowed:
        assert app.call(method, arguments[method]) == []


def test_statement_37_invalid_grant_asks_for_the_same_account_again(desk, config, expired, provider_admin):
    app, old = expired
    provider_admin.add_fault(endpoint="token", kind="invalidGrant", grantType="refresh_token", times=20)
    call = app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    assert connection_status(desk, old) == "needsReauthorization"
    expect(desk.dialog.get_by_text("ada@practice.example")).to_be_visible()
    keyed = {"integrationId": config["integrationId"], "connectionKey": old["id"]}
    assert app.refused(app.begin("getValidAuth", keyed)) == "reauthorization_required"
    # The provider knows who it is and has been told yes before: no page of its own.
    window = desk.press_continue()
    click(window, window.get_by_role("button", name=re.compile("^Continue")))
    assert app.settled(call)["id"] == old["id"]
    assert connection_status(desk, old) == "active"


def test_statement_37_a_network_failure_marks_nothing(desk, config, expired, provider_admin):
    app, old = expired
    provider_admin.add_fault(endpoint="token", kind="resetBefore", grantType="refresh_token", times=20)
    assert app.refused(app.begin("getValidAuth", config)) in ("provider_unavailable", "unavailable")
    desk.expect_no_dialog()
    assert connection_status(desk, old) in ("active", "degraded")
    provider_admin.clear_faults()
    # The exchanger's breaker may stay open for a moment.
    eventually(lambda: connection_answers(app, config, old), AGAIN_SECONDS, "a token after the provider came back")


def connection_answers(app, config, old) -> bool:
    try:
        return app.call("getValidAuth", config)["id"] == old["id"]
    except Exception as refusal:
        assert refusal.code in ("provider_unavailable", "unavailable")
        return False


def connection_status(desk, auth) -> str:
    items = desk.person.member.call("GET", "/v1/connections")["items"]
    return next(item["status"] for item in items if item["id"] == auth["id"])
