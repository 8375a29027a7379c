"""What the documented API promises about asking a person: acceptance statements 11 to 16 and 30 to 34."""

import re

import pytest
from browsers import open_browser
from playwright.sync_api import expect

from bridge.app import Refusal
from bridge.person import approve, choose_account, deny, go_to_provider, press
from bridge.storage import assert_nothing_stored

REGISTRATION = {
    "appId": "org.example.nowhere-configured", "name": "Paper Plane", "description": "Reads the mail aloud.",
}


@pytest.fixture
def desk(person):
    return person.open_host()


@pytest.fixture
def config(organization):
    return {"integrationId": organization.practice["id"], "scopes": ["mail.read"]}


def test_statement_11_consent_shows_the_registered_name_the_provider_and_the_scopes(desk, config):
    app = desk.add_app(identity={"name": None})
    app.call("register", REGISTRATION)
    call = app.begin("getValidAuth", config)
    dialog = desk.dialog
    desk.expect_step("Paper Plane")
    expect(dialog).to_contain_text("Reads the mail aloud.")
    expect(dialog.get_by_role("button", name=re.compile("^Continue to "))).to_be_visible()
    expect(dialog.get_by_role("list")).to_contain_text(re.compile("mail|message", re.IGNORECASE))
    expect(dialog.get_by_text("mail.read", exact=True)).to_be_hidden()
    desk.press("Show technical names")
    expect(dialog.get_by_text("mail.read", exact=True)).to_be_visible()
    expect(dialog).to_contain_text("Practice mail")
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"


def test_what_the_host_says_of_an_app_goes_before_what_the_app_says(desk, config):
    app = desk.add_app(identity={"name": "Honest Name"})
    app.call("register", {**REGISTRATION, "name": "Your Bank"})
    call = app.begin("getValidAuth", config)
    desk.expect_step("Honest Name")
    expect(desk.dialog).not_to_contain_text("Your Bank")
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"


def test_statement_12_an_app_id_that_is_configured_nowhere_works(desk, config):
    app = desk.add_app()
    app.call("register", REGISTRATION)
    assert app.connect(config)["accessToken"]


def test_statement_13_without_an_integration_it_rejects_and_opens_nothing(desk):
    app = desk.add_app()
    with pytest.raises(Refusal) as refused:
        app.call("getValidAuth", {"providerUrl": "https://unknown.example", "scopes": ["read"]})
    assert refused.value.code == "integration_not_found"
    assert re.search("owner|admin", refused.value.message, re.IGNORECASE)
    desk.expect_no_dialog()
    assert desk.person.context.pages == [desk.page]


def test_statement_14_the_auth_has_every_field_and_no_secret(desk, config):
    auth = desk.add_app().connect(config)
    assert {"id", "providerUrl", "providerAccountId", "scopes", "accessToken", "displayIdentifier"} <= auth.keys()
    assert auth.keys() <= {
        "id", "providerUrl", "providerAccountId", "scopes", "accessToken", "displayIdentifier", "expiresAt",
        "displayName", "displayAvatar", "default",
    }
    assert desk.person.harness.running.practice_provider.messages(auth["accessToken"])[0] == 200


def test_statement_15_the_token_is_in_no_storage(desk, config, practice):
    # The fixture `context` reads every storage after each test; here it is shown that it would find a token.
    auth = desk.add_app().connect(config)
    # Also what the window could have kept, which is closed by now.
    for address in (f"{desk.person.harness.gateway}/connect/flw_unknown", practice.issuer):
        desk.person.context.new_page().goto(address)
    assert_nothing_stored(desk.person.context)
    desk.evaluate("(token) => sessionStorage.setItem('x', token)", auth["accessToken"])
    with pytest.raises(AssertionError, match="sessionStorage"):
        assert_nothing_stored(desk.person.context)
    desk.evaluate("() => sessionStorage.clear()")


def test_statement_16_a_trailing_slash_does_not_matter(desk, practice):
    app = desk.add_app()
    issuer = practice.issuer.rstrip("/")
    auth = app.connect({"providerUrl": issuer})
    for same in (f"{issuer}/", issuer.replace("http://", "HTTP://")):
        assert app.call("getValidAuth", {"providerUrl": same})["id"] == auth["id"]


def test_statement_30_closing_the_window_rejects_and_stores_nothing(desk, config):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    window = desk.press_continue()
    desk.expect_step("Continue in the .* window")
    # A window that goes at once was never a person's to close.
    desk.see_the_window()
    window.close()
    assert app.refused(call) == "user_cancelled"
    desk.expect_no_dialog()
    assert app.call("listAuth", {"integrationId": config["integrationId"]}) == []


def test_statement_30_denying_at_the_provider_rejects_and_stores_nothing(desk, config):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    window = desk.press_continue()
    go_to_provider(window)
    deny(window)
    assert app.refused(call) == "access_denied"
    assert app.call("listAuth", {"integrationId": config["integrationId"]}) == []


def test_statement_31_who_the_account_is_comes_without_asking(desk, config):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    window = desk.press_continue()
    go_to_provider(window)
    choose_account(window)
    page = window.content()
    assert "See your name and picture" in page, "the provider's consent page must ask for the profile"
    press(window, "Approve")
    auth = app.settled(call)
    assert auth["displayName"] == "Ada Lovelace"
    assert auth["displayAvatar"].startswith("http")


def test_statement_32_the_frame_cannot_open_windows_and_the_parent_does(desk, config):
    app = desk.add_app()
    assert app.frame.evaluate("() => window.open('about:blank') === null")
    assert desk.page.locator("iframe[name=inbox]").get_attribute("sandbox") == "allow-scripts"
    call = app.begin("getValidAuth", config)
    window = desk.press_continue()
    assert window.opener() == desk.page
    desk.press("Cancel")
    assert app.refused(call) == "user_cancelled"


def test_statement_33_messages_of_an_unknown_frame_are_ignored(desk, config):
    app = desk.add_app()
    stranger = desk.add_stranger("stranger", desk.hosted.script(""))
    before = len(desk.requests)
    replies = stranger.evaluate("""(config) => new Promise((resolve) => {
      const replies = [];
      addEventListener("message", (event) => replies.push(String(event.data?.type)));
      for (const message of [
        { type: "lanyard.hello", v: 1, nonce: "0".repeat(32), loading: false },
        { v: 1, id: 1, method: "getValidAuth", argument: config },
        { type: "lanyard.call", v: 1, id: 1, method: "listAuth", argument: config },
      ]) parent.postMessage(message, "*");
      setTimeout(() => resolve(replies), 500);
    })""", config)
    assert replies == []
    assert desk.requests[before:] == []
    desk.expect_no_dialog()
    assert app.call("listAuth", {"integrationId": config["integrationId"]}) == []


def test_statement_34_a_callback_that_does_not_belong_is_refused(desk, config, chromium, provider_admin):
    person = desk.person
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    window = desk.press_continue()
    go_to_provider(window)
    # To be tried elsewhere first.
    way_back = approve_without_returning(window)
    exchanged = exchanges(provider_admin)

    unknown = re.sub("state=[^&]*", "state=unknown", way_back)
    assert person.context.request.get(unknown).status >= 400
    stranger = open_browser(chromium)
    assert stranger.request.get(way_back).status >= 400
    stranger.close()
    assert exchanges(provider_admin) == exchanged, "no code may be exchanged"
    assert app.call("listAuth", {"integrationId": config["integrationId"]}) == []

    window.evaluate("(url) => { location.href = url; }", way_back)
    auth = app.settled(call)
    assert auth["id"]
    assert exchanges(provider_admin) == exchanged + 1
    assert person.context.request.get(way_back).status >= 400
    assert exchanges(provider_admin) == exchanged + 1, "a code is used once"


def test_statement_34_an_expired_state_is_refused(desk, config, provider_admin):
    app = desk.add_app()
    call = app.begin("getValidAuth", config)
    window = desk.press_continue()
    go_to_provider(window)
    way_back = approve_without_returning(window)
    desk.person.run_out_of_time()
    assert app.refused(call) == "flow_expired"
    before = exchanges(provider_admin)
    assert desk.person.context.request.get(way_back).status >= 400
    assert exchanges(provider_admin) == before


def exchanges(provider_admin) -> int:
    """Requests with a code that reached the provider's token endpoint."""
    counters = provider_admin.counters()
    return counters["grantTypes"].get("authorization_code", {}).get("requests", 0)


def approve_without_returning(window) -> str:
    """Says yes at the provider, and catches the address that the browser is sent back to."""
    caught = []

    def hold(route):
        caught.append(route.fetch(max_redirects=0).headers["location"])
        route.fulfill(body="<!doctype html>Held", content_type="text/html")

    window.route(re.compile("/authorize/consent"), hold)
    approve(window)
    expect(window.get_by_text("Held")).to_be_visible()
    return caught[0]
