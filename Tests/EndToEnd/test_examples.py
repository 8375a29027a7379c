"""The example apps on their host page, clicked through in a real browser; pictures in artefacts/."""

import json
import urllib.error
import urllib.request

import pytest
from bridge.person import click, expect_closed, go_to_provider
from browsers import open_browser
from conftest import ARTEFACTS
from localstack.charm import practice_server
from localstack.journey import practice_integration
from localstack.stack import OWNER
from playwright.sync_api import Error, FrameLocator, Page, expect

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 380, "height": 800}
REDIRECTED, FORBIDDEN, MISDIRECTED = 303, 403, 421


@pytest.fixture(scope="module")
def examples(harness):
    """The address of the host page, in an organization that has the practice provider set up."""
    owner = harness.running.host.session(OWNER["id"], "owner")
    practice_server(harness.running, owner, practice_integration(harness.running, owner)["id"])
    yield harness.running.examples.url
    # The practice provider remembers who agreed; the tests after these begin with people who did not.
    for person in ("ada", "grace", "alan"):
        harness.running.practice_provider.end_authorizations(person)


@pytest.fixture
def page(chromium, examples):
    """A new browser on the host page that notes what goes wrong in it."""
    context = open_browser(chromium, viewport=DESKTOP)
    page = context.new_page()
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(examples)
    yield page
    context.close()


def app(page: Page, name: str) -> FrameLocator:
    return page.frame_locator(f'iframe[title="{name}"]')


def expect_ready(page: Page) -> None:
    """Every app has drawn what it found; nothing of theirs is on its way."""
    expect(app(page, "Hello Mail").get_by_role("button", name="Connect mail")).to_be_enabled()
    inbox = app(page, "Inbox")
    expect(inbox.get_by_role("heading", name="No mailbox yet").or_(inbox.get_by_role("listitem")).first).to_be_visible()
    expect(app(page, "Toolbox").get_by_role("heading", name="What would you like to do?")).to_be_visible()


def switch_person(page: Page, name: str) -> None:
    expect_ready(page)
    page.get_by_role("button", name=f"Switch to {name}").click()
    expect(page.get_by_role("banner")).to_contain_text(f"Signed in as {name}")


def consent(page: Page, person: str | None, decision: str = "Approve", without: str | None = None) -> None:
    """Through the dialog of the host page and the window of the practice provider, which may know the person."""
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Continue to").click()
    popup = opened.value
    go_to_provider(popup)
    answer = popup.get_by_role("button", name=decision)
    if person is not None:
        account = popup.get_by_role("button", name=person)
        expect(account.or_(answer).first).to_be_visible()
        if account.is_visible():
            click(popup, account)
    if without:
        popup.get_by_role("checkbox", name=without).uncheck()
    try:
        click(popup, answer)
    except Error:
        # Whoever allowed the same before is not asked again: the window goes.
        pass
    expect_closed(popup)
    expect(page.get_by_role("dialog")).to_have_count(0)


def inbox_with_ada(page: Page) -> FrameLocator:
    """Sam's inbox with one mailbox in it, connected here if no other test has done so."""
    switch_person(page, "Sam Rivers")
    inbox = app(page, "Inbox")
    nothing_yet = inbox.get_by_role("heading", name="No mailbox yet")
    letter = inbox.get_by_text("Drawings for the mill")
    expect(nothing_yet.or_(letter)).to_be_visible()
    if nothing_yet.is_visible():
        inbox.get_by_role("button", name="Add account").click()
        consent(page, "Ada")
    expect(letter).to_be_visible()
    return inbox


def picture(page: Page, name: str) -> None:
    page.screenshot(path=ARTEFACTS / f"examples-{name}.png", animations="disabled")


def test_hello_mail_connects_counts_refreshes_and_disconnects(page):
    hello = app(page, "Hello Mail")
    hello.get_by_role("button", name="Connect mail").click()
    expect(page.get_by_role("dialog")).to_contain_text("Hello Mail")
    picture(page, "dialog")
    consent(page, "Ada")
    expect(hello.get_by_role("heading", name="7 messages")).to_be_visible()
    expect(hello.get_by_text("Ada Lovelace")).to_be_visible()
    expect(hello.locator("#avatar img"), "the page's policy lets the account's picture in").to_be_visible()
    connection = hello.locator("#connection").inner_text()

    hello.get_by_role("button", name="Refresh token").click()
    expect(hello.get_by_role("status")).to_contain_text("new token")
    assert hello.locator("#connection").inner_text() == connection, "a refresh keeps the Connection's id"
    picture(page, "hello-mail")

    hello.get_by_role("button", name="Disconnect").click()
    expect(hello.get_by_role("status")).to_contain_text("Disconnected")
    hello.get_by_role("button", name="Connect mail").click()
    expect(page.get_by_role("dialog"), "a revoked Connection is asked for again").to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(hello.get_by_role("status")).to_contain_text("Nothing was connected")
    assert page.problems == []


def test_inbox_shows_several_accounts_and_lets_go_of_them(page):
    switch_person(page, "Sam Rivers")
    inbox = app(page, "Inbox")
    expect(inbox.get_by_role("heading", name="No mailbox yet")).to_be_visible()
    picture(page, "empty")
    inbox.get_by_role("button", name="Add account").click()
    consent(page, "Ada")
    expect(inbox.get_by_text("Drawings for the mill")).to_be_visible()

    inbox.get_by_role("button", name="Add account").click()
    expect(page.get_by_role("heading", name="Choose an account")).to_be_visible()
    picture(page, "picker")
    page.get_by_role("button", name="Connect another account").click()
    consent(page, "Grace")
    expect(inbox.get_by_text("Relay 70, panel F")).to_be_visible()
    expect(inbox.get_by_text("Drawings for the mill"), "both mailboxes are in one list").to_be_visible()
    picture(page, "two-accounts")
    pictures_in_other_ways(page)

    # A reload finds both again without asking anybody.
    page.get_by_role("button", name="Reload Inbox").click()
    expect(inbox.get_by_text("Relay 70, panel F")).to_be_visible()
    expect(inbox.get_by_text("Drawings for the mill")).to_be_visible()

    inbox.get_by_role("button", name="grace@practice.example").click()
    expect(inbox.get_by_text("Drawings for the mill")).to_have_count(0)
    picture(page, "one-account")
    inbox.get_by_role("button", name="Remove from view").click()
    expect(inbox.get_by_role("status")).to_contain_text("It stays connected")
    inbox.get_by_role("button", name="Undo").click()
    expect(inbox.get_by_text("Relay 70, panel F")).to_be_visible()

    inbox.get_by_role("button", name="grace@practice.example").click()
    inbox.get_by_role("button", name="Disconnect…").click()
    expect(inbox.get_by_role("dialog")).to_be_visible()
    picture(page, "disconnect")
    inbox.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(inbox.get_by_text("Relay 70, panel F"), "nothing happens before the confirmation").to_be_visible()
    inbox.get_by_role("button", name="Disconnect…").click()
    inbox.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(inbox.get_by_role("status")).to_contain_text("grace@practice.example is disconnected")
    expect(inbox.get_by_role("button", name="grace@practice.example")).to_have_count(0)
    expect(inbox.get_by_text("Drawings for the mill"), "the other account stays").to_be_visible()
    assert page.problems == []


def test_toolbox_uses_a_server_of_the_platform_and_one_of_the_organization(page, harness):
    harness.running.practice_provider.end_authorizations("grace")
    toolbox = app(page, "Toolbox")
    toolbox.get_by_role("button", name="workspace").click()
    toolbox.get_by_role("button", name="who_is_signed_in").click()
    toolbox.get_by_role("button", name="Run").click()
    expect(toolbox.get_by_role("status")).to_contain_text("Robin Field <robin@example.org>")

    toolbox.get_by_role("button", name="Practice tools").click()
    expect(page.get_by_role("dialog")).to_contain_text("Toolbox")
    expect(page.get_by_role("dialog")).to_contain_text("Practice tools")
    picture(page, "toolbox-dialog")
    consent(page, "Grace")
    expect(toolbox.get_by_role("heading", name="Practice tools")).to_be_visible()
    page.locator('iframe[title="Toolbox"]').scroll_into_view_if_needed()
    picture(page, "toolbox-tools")
    toolbox.get_by_role("button", name="echo").first.click()
    toolbox.get_by_label("text").fill("Hello there")
    toolbox.get_by_role("button", name="Run").click()
    expect(toolbox.get_by_role("status")).to_contain_text("Hello there")
    picture(page, "toolbox-answer")
    page.emulate_media(color_scheme="dark")
    picture(page, "toolbox-dark")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    page.locator('iframe[title="Toolbox"]').scroll_into_view_if_needed()
    expect(toolbox.get_by_role("heading", name="echo")).to_be_in_viewport()
    picture(page, "toolbox-phone")
    page.set_viewport_size(DESKTOP)

    toolbox.get_by_role("button", name="All tools").click()
    toolbox.get_by_role("button", name="fail").first.click()
    toolbox.get_by_role("button", name="Run").click()
    expect(toolbox.get_by_role("heading", name="The tool failed")).to_be_visible()
    toolbox.get_by_role("button", name="All tools").click()
    toolbox.get_by_role("button", name="slow").first.click()
    toolbox.get_by_label("milliseconds").fill("60000")
    toolbox.get_by_role("button", name="Run").click()
    toolbox.get_by_role("button", name="Stop").click()
    expect(toolbox.get_by_role("alert")).to_have_text("Stopped.")
    toolbox.get_by_role("button", name="All tools").click()
    toolbox.get_by_role("button", name="Close").click()
    expect(toolbox.get_by_role("heading", name="What would you like to do?")).to_be_visible()
    assert page.problems == []


def pictures_in_other_ways(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    picture(page, "dark")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    page.locator('iframe[title="Inbox"]').scroll_into_view_if_needed()
    picture(page, "phone")
    page.set_viewport_size(DESKTOP)


def test_an_authorization_that_ended_is_made_again(page, harness):
    inbox = inbox_with_ada(page)
    harness.running.practice_provider.end_authorizations("ada")
    page.get_by_role("button", name="Reload Inbox").click()
    expect(inbox.get_by_text("The access to this mailbox has ended.")).to_be_visible()
    picture(page, "ended")
    inbox.get_by_role("button", name="Authorize again").click()
    page.get_by_role("dialog").get_by_role("button", name="ada@practice.example").click()
    consent(page, "Ada")
    expect(inbox.get_by_text("Drawings for the mill")).to_be_visible()
    expect(inbox.get_by_text("has ended")).to_have_count(0)


def test_a_permission_that_was_left_out_is_asked_for_again(page, harness):
    harness.running.practice_provider.end_authorizations("alan")
    hello = app(page, "Hello Mail")
    hello.get_by_role("button", name="Connect mail").click()
    consent(page, "Alan", without="Read your messages")
    expect(hello.get_by_role("alert")).to_contain_text("needs permission to read your messages")
    picture(page, "permission")
    hello.get_by_role("button", name="Connect mail").click()
    consent(page, None)
    expect(hello.get_by_role("heading", name="5 messages")).to_be_visible()


def test_a_denial_is_said_in_words(page, harness):
    # Whoever agreed before is not asked.
    harness.running.practice_provider.end_authorizations("grace")
    switch_person(page, "Sam Rivers")
    hello = app(page, "Hello Mail")
    hello.get_by_role("button", name="Connect mail").click()
    consent(page, "Grace", decision="Deny")
    expect(hello.get_by_role("alert")).to_contain_text("told not to give access")


def test_one_persons_accounts_are_not_the_others(page):
    inbox_with_ada(page)
    switch_person(page, "Robin Field")
    expect(app(page, "Inbox").get_by_role("heading", name="No mailbox yet")).to_be_visible()


def test_the_apps_have_an_opaque_origin_and_no_way_out(page):
    expect_ready(page)
    frames = page.frames[1:]
    assert len(frames) == 3
    for frame in frames:
        assert frame.evaluate("self.origin") == "null"
        storage = "(() => { try { return localStorage.length } catch (error) { return error.name } })()"
        assert frame.evaluate(storage) == "SecurityError"
        refused = "fetch('/session', {method: 'POST'}).then((answer) => answer.status, () => 'refused')"
        assert frame.evaluate(refused) == "refused", "an app gets no session of the person"
    policy = page.goto(page.url).headers["content-security-policy"]
    assert "unsafe-inline" not in policy and "default-src 'none'" in policy


@pytest.mark.parametrize(
    "path, headers, status",
    [
        ("/session", {}, FORBIDDEN),
        ("/session", {"Origin": "null"}, FORBIDDEN),
        ("/session", {"Origin": "https://elsewhere.example"}, FORBIDDEN),
        ("/sign-in", {"Origin": "https://elsewhere.example"}, FORBIDDEN),
        ("/session", {"Host": "elsewhere.example", "Origin": "http://elsewhere.example"}, MISDIRECTED),
    ],
)
def test_the_host_gives_sessions_to_its_own_pages_only(examples, path, headers, status):
    assert post(examples + path, headers)[0] == status
    answered, body = post(f"{examples}/session", {"Origin": examples})
    assert answered == 200 and json.loads(body)["token"].startswith("lys_")


def post(url: str, headers: dict[str, str]) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=b"", headers=headers)) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
