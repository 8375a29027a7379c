"""What the documented API promises about accounts and isolation: acceptance statements 17 to 20 and 24 to 29."""

import re

import pytest
from browsers import open_browser
from harness import eventually, sql
from playwright.sync_api import expect

from bridge.person import Person


@pytest.fixture
def desk(person):
    return person.open_host()


@pytest.fixture
def selector(organization):
    return {"integrationId": organization.practice["id"]}


@pytest.fixture
def config(selector):
    return {**selector, "scopes": ["mail.read"]}


def connect_another(desk, app, config, account: str) -> dict:
    """Through the picker, to one more account."""
    call = app.begin("getValidAuth", {**config, "prompt": "select_account"})
    desk.expect_step("Choose an account")
    desk.press("Connect another account")
    desk.consent(account)
    return app.settled(call)


@pytest.fixture
def two(desk, config):
    """Ada's and Grace's accounts, in this order."""
    app = desk.add_app()
    return [app.connect(config, "ada"), connect_another(desk, app, config, "grace")]


def test_statement_17_one_connection_is_taken_without_any_ui(desk, config):
    app = desk.add_app()
    auth = app.connect(config)
    before = len(desk.requests)
    assert app.call("getValidAuth", config)["id"] == auth["id"]
    desk.expect_no_dialog()
    made = desk.requests[before:]
    print(f"figure: a live Connection costs {len(made)} request from the host page")
    assert [request.split()[0] for request in made] == ["POST"]
    assert made[0].endswith("/v1/auth/resolve")


def test_statement_18_with_two_and_no_default_the_choice_is_kept_for_the_session(desk, config, two):
    # Another session: a new page of the host, with nothing remembered.
    other = desk.person.open_host()
    app = other.add_app()
    call = app.begin("getValidAuth", config)
    other.expect_step("Choose an account")
    expect(other.dialog.get_by_role("listitem")).to_have_count(3)
    other.press("grace@practice.example")
    assert app.settled(call)["id"] == two[1]["id"]
    other.expect_no_dialog()
    assert app.call("getValidAuth", config)["id"] == two[1]["id"]
    other.expect_no_dialog()


def test_statement_19_with_a_default_it_is_taken_in_a_new_session(desk, config, two):
    desk.person.member.call("POST", f"/v1/connections/{two[0]['id']}/default")
    other = desk.person.open_host()
    auth = other.add_app().call("getValidAuth", config)
    assert auth["id"] == two[0]["id"]
    assert auth["default"] is True
    other.expect_no_dialog()


def test_statement_20_select_account_always_shows_the_picker(desk, config):
    app = desk.add_app()
    auth = app.connect(config)
    call = app.begin("getValidAuth", {**config, "prompt": "select_account"})
    desk.expect_step("Choose an account")
    expect(desk.dialog.get_by_role("button", name="Connect another account")).to_be_visible()
    desk.press("Ada Lovelace")
    assert app.settled(call)["id"] == auth["id"]


def test_leaving_the_picker_is_a_cancel(desk, config):
    app = desk.add_app()
    app.connect(config)
    call = app.begin("getValidAuth", {**config, "prompt": "select_account"})
    desk.expect_step("Choose an account")
    desk.page.keyboard.press("Escape")
    assert app.refused(call) == "user_cancelled"
    desk.expect_no_dialog()


def test_statement_24_after_revoke_the_key_rejects_and_consent_is_asked_again(desk, config, selector):
    app = desk.add_app()
    auth = app.connect(config)
    assert app.call("revokeAuth", auth) is None
    assert app.refused(app.begin("getValidAuth", {**selector, "connectionKey": auth["id"]})) == "connection_not_found"
    call = app.begin("getValidAuth", config)
    desk.expect_step("^Connect ")
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"
    assert app.call("revokeAuth", {"id": auth["id"]}) is None, "revoking twice is no error"


def test_revoking_the_chosen_account_forgets_the_choice(desk, config, two):
    app = desk.add_app("again", {"applicationId": "application-inbox"})
    call = app.begin("getValidAuth", {**config, "prompt": "select_account"})
    desk.press("grace@practice.example")
    app.settled(call)
    assert desk.diagnostics()["rememberedChoices"] >= 1
    app.call("revokeAuth", two[1])
    assert desk.diagnostics()["rememberedChoices"] == 0
    assert app.call("getValidAuth", config)["id"] == two[0]["id"]


def test_statement_25_another_app_sees_nothing_and_is_asked_itself(desk, config, selector):
    desk.add_app("first").connect(config)
    second = desk.add_app("second")
    assert second.call("listAuth", selector) == []
    call = second.begin("getValidAuth", config)
    desk.expect_step("^Connect .* to Second")
    desk.press("Cancel")
    assert second.refused(call) == "user_cancelled"


def test_statement_26_declaring_the_app_id_of_another_gains_nothing(desk, config, selector):
    registration = {"appId": "org.example.first", "name": "First"}
    first, thief = desk.add_app("first"), desk.add_app("thief")
    first.call("register", registration)
    auth = first.connect(config)
    thief.call("register", registration)
    assert thief.call("listAuth", selector) == []
    stolen = {**selector, "connectionKey": auth["id"]}
    assert thief.refused(thief.begin("getValidAuth", stolen)) == "connection_not_found"
    assert thief.refused(thief.begin("refreshAuth", auth)) == "connection_not_found"
    call = thief.begin("revokeAuth", auth)
    try:
        thief.settled(call)
    except Exception as refusal:
        assert refusal.code == "connection_not_found"
    assert first.call("getValidAuth", config)["id"] == auth["id"]


def test_another_app_id_of_the_same_application_is_another_app(desk, config, selector):
    app = desk.add_app()
    app.call("register", {"appId": "org.example.one", "name": "One"})
    app.connect(config)
    app.call("register", {"appId": "org.example.two", "name": "Two"})
    assert app.call("listAuth", selector) == []


def test_statement_27_list_auth_gives_descriptors_and_calls_no_provider(desk, two, selector, provider_admin, harness):
    # What tests before this one revoked, the provider is told in its own time.
    pending = "SELECT count(*) FROM revocation_task WHERE state = 'pending'"
    eventually(lambda: sql(harness, "vault", pending) == "0", what="the end of all revocations")
    before = provider_admin.counters()
    app = desk.add_app("again", {"applicationId": "application-inbox"})
    listed = app.call("listAuth", selector)
    assert {each["id"] for each in listed} == {each["id"] for each in two}
    assert all("accessToken" not in each for each in listed)
    desk.expect_no_dialog()
    assert provider_admin.counters() == before


def test_statement_28_a_key_with_scopes_it_does_not_cover_rejects_without_a_window(desk, config, selector):
    app = desk.add_app()
    auth = app.connect(config)
    wider = {**selector, "connectionKey": auth["id"], "scopes": ["mail.read", "files.read"]}
    assert app.refused(app.begin("getValidAuth", wider)) == "insufficient_scope"
    desk.expect_no_dialog()
    assert desk.person.context.pages == [desk.page]
    assert app.call("getValidAuth", {**selector, "connectionKey": auth["id"]})["id"] == auth["id"]


def test_statement_29_the_connection_of_another_member_does_not_exist(
    desk, config, selector, chromium, harness, organization, host_server
):
    auth = desk.add_app().connect(config)
    context = open_browser(chromium)
    stranger = Person(context, harness, organization, host_server)
    app = stranger_app(stranger, context)
    assert app.refused(app.begin("getValidAuth", {**selector, "connectionKey": auth["id"]})) == "connection_not_found"
    assert app.refused(app.begin("refreshAuth", {"id": auth["id"]})) == "connection_not_found"
    assert app.call("listAuth", selector) == []
    context.close()


def stranger_app(stranger, context):
    context.tokens = []
    return stranger.open_host().add_app()


def test_more_scopes_are_asked_for_once_on_the_same_account(desk, config, selector):
    app = desk.add_app()
    auth = app.connect(config)
    wider = {**selector, "scopes": ["mail.read", "files.read"]}
    call = app.begin("getValidAuth", wider)
    desk.expect_step("^Connect ")
    expect(desk.dialog).to_contain_text("ada@practice.example")
    desk.consent()
    again = app.settled(call)
    assert again["id"] == auth["id"]
    assert {"mail.read", "files.read"} <= set(again["scopes"])


def test_a_scope_that_the_person_unticks_is_not_asked_for_a_second_time(desk, selector):
    app = desk.add_app()
    call = app.begin("getValidAuth", {**selector, "scopes": ["mail.read", "files.read"]})
    desk.consent(untick="files.read")
    assert app.refused(call) == "insufficient_scope"
    desk.expect_no_dialog()


def test_another_account_than_the_one_asked_for_is_refused(desk, config, selector):
    app = desk.add_app()
    app.connect(config, "ada")
    call = app.begin("getValidAuth", {**selector, "scopes": ["mail.read", "files.read"]})
    desk.consent("grace")
    assert app.refused(call) == "access_denied"
    listed = app.call("listAuth", selector)
    assert [each["displayIdentifier"] for each in listed] == ["ada@practice.example"]
    assert re.fullmatch("con_.*", listed[0]["id"])
