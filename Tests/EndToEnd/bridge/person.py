"""A person in front of a host page: what they see of the bridge, and what they press."""

import itertools
import re

from playwright.sync_api import BrowserContext, Frame, Locator, Page, expect

from harness import eventually, sql

from bridge.app import App
from bridge.host_page import HostServer
from django_provider.configuration import PASSWORD

_numbers = itertools.count(1)
# A window that went sooner was cut off, to the bridge, and not closed by a person: it must have seen it open, and it looks every 0.4 s.
SEEN_OPEN_MILLISECONDS = 1_200


class Person:
    """Somebody who is signed in at the host platform, in one browser."""

    def __init__(self, context: BrowserContext, harness, organization, server: HostServer, name: str | None = None):
        self.context = context
        self.harness = harness
        self.organization = organization
        self.server = server
        self.name = name or f"person-{next(_numbers)}"
        # The same person as the API sees them, to look from the other side.
        self.member = organization.member(self.name)

    def open_host(
        self, options: dict | None = None, headers: dict[str, str] | None = None, session_seconds: int = 3600,
        connects_to: str = "", place: str = "127.0.0.1", forms_to: str | None = None,
    ) -> "Desk":
        """Opens the host's page in a new tab and mounts the bridge. At `localhost` it is another site than the gateway's."""
        token = self.organization.host.create_session(self.name, seconds=session_seconds)["token"]
        hosted = self.server.add(self.harness.gateway, token, headers, connects_to, forms_to)
        page = self.context.new_page()
        desk = Desk(self, page, hosted)
        page.goto(hosted.url.replace("127.0.0.1", place))
        desk.evaluate("(options) => window.host.mount(options)", options or {})
        return desk

    def run_out_of_time(self) -> None:
        """The time of their flows is over. Whoever waits for an end looks again."""
        user = self.member.call("GET", "/v1/me")["user"]["id"]
        ended = sql(
            self.harness, "vault",
            f"WITH ended AS (UPDATE flow SET expires_at = clock_timestamp() WHERE user_id = '{user}' AND status = 'pending'"
            " RETURNING id) SELECT id || pg_notify('vault', 'flow ' || id)::text FROM ended")
        assert ended, "no flow was pending"


class Desk:
    """One tab with the host's page."""

    def __init__(self, person: Person, page: Page, hosted):
        self.person = person
        self.page = page
        self.hosted = hosted
        self.problems: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda message: self.problems.append(message.text) if message.type == "error" else None)
        gateway = person.harness.gateway
        page.on("request", lambda request: self.requests.append(f"{request.method} {request.url}")
                if request.url.startswith((f"{gateway}/v1/", f"{gateway}/mcp")) else None)

    def evaluate(self, expression: str, argument=None):
        return self.hosted.evaluate(self.page, expression, argument)

    def add_app(self, name: str = "inbox", identity: dict | None = None, document: str | None = None) -> App:
        """An app in a sandboxed frame, attached, loaded and connected."""
        identity = {"applicationId": f"application-{name}", "name": name.title(), **(identity or {})}
        identity = {field: value for field, value in identity.items() if value is not None}
        document = document or self.hosted.app_document(name.title())
        return self._connected(name, self.evaluate(
            "([name, identity, html]) => window.host.addApp(name, identity, html)", [name, identity, document]))

    def _connected(self, name: str, others: int) -> App:
        """The app, once its document has said hello: until then its calls wait, and not for ever."""
        self.until(f"() => window.host.bridge.diagnostics().connectedFrames > {others}")
        return App(self, name)

    def add_stranger(self, name: str, html: str) -> Frame:
        """A sandboxed frame that the bridge does not know."""
        self.evaluate("([name, html]) => window.host.addStranger(name, html)", [name, html])
        return self.frame(name)

    def frame(self, name: str) -> Frame:
        return self.page.locator(f"iframe[name={name}]").element_handle().content_frame()

    def load_again(self, name: str) -> App:
        """The host gives the frame a new document."""
        return self._connected(name, self.evaluate(
            "([name, html]) => window.host.load(name, html)", [name, self.hosted.app_document(name.title())]))

    def until(self, condition: str) -> None:
        """Waits until something is true in the page; Playwright's own way needs an eval, which the page's policy refuses."""
        eventually(lambda: self.evaluate(condition), what=condition)

    def diagnostics(self) -> dict:
        return self.evaluate("() => window.host.bridge.diagnostics()")

    @property
    def dialog(self):
        return self.page.locator("[data-lanyard-dialog] dialog")

    def expect_step(self, heading: str) -> None:
        expect(self.dialog.get_by_role("heading", level=2)).to_have_text(re.compile(heading))

    def expect_no_dialog(self) -> None:
        expect(self.dialog).to_have_count(0)

    def press(self, name: str) -> None:
        self.dialog.get_by_role("button", name=re.compile(name)).click()

    def press_without_a_gesture(self, name: str) -> None:
        """A click that comes after another window has used up the person's gesture: the blocker refuses the second one."""
        with self.page.expect_popup() as other:
            self.page.evaluate("""(name) => {
              const buttons = document.querySelector("[data-lanyard-dialog]").shadowRoot.querySelectorAll("button");
              const button = [...buttons].find((each) => each.textContent.startsWith(name));
              window.open("about:blank");
              button.click();
            }""", name)
        # Here, so that nobody who waits for the next window gets this one.
        other.value.close()

    def press_continue(self) -> Page:
        """Opens the provider's window, as far as our connect page."""
        self.expect_step("^Connect ")
        with self.page.expect_popup() as opened:
            self.press("^Continue to ")
        # The window opens empty; the person is handed over to it.
        opened.value.wait_for_url(re.compile("/connect/[^/]+$"))
        return opened.value

    def consent(self, account: str = "ada", untick: str | None = None) -> None:
        """The whole way, with every click a person makes."""
        window = self.press_continue()
        go_to_provider(window)
        approve(window, account, untick)
        self.expect_no_dialog()
        expect_closed(window)

    def see_the_window(self) -> None:
        """Waits until the bridge has seen its window open for long enough. By the page's own clock, in which its looks come first."""
        self.evaluate("(milliseconds) => new Promise((seen) => setTimeout(seen, milliseconds))", SEEN_OPEN_MILLISECONDS)


def click(window: Page, target: Locator) -> None:
    """A click as soon as there is something to see: Chromium drops what is pressed on a page before its first picture."""
    target.wait_for()
    window.evaluate("() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))")
    # The last click of all closes the window, maybe before the click is known to be done.
    target.click(no_wait_after=True)


def expect_closed(window: Page) -> None:
    """The window goes; nothing of it is left for whoever counts windows."""
    if not window.is_closed():
        window.wait_for_event("close")


def go_to_provider(window: Page) -> None:
    """From our connect page to the provider's."""
    click(window, window.get_by_role("button", name=re.compile("^Continue")))
    window.wait_for_url(re.compile("/authorize"))


def approve(window: Page, account: str = "ada", untick: str | None = None) -> None:
    """At the practice provider; the window closes itself in the end."""
    choose_account(window, account)
    if untick is not None:
        window.locator(f'input[name="granted"][value="{untick}"]').uncheck()
    press(window, "Approve")


def deny(window: Page, account: str = "ada") -> None:
    choose_account(window, account)
    press(window, "Deny")


def choose_account(window: Page, account: str = "ada") -> None:
    """As far as the provider's consent page for the account."""
    button = window.locator(f'button[name="person"][value="{account}"]')
    approve_button = window.get_by_role("button", name="Approve")
    expect(button.or_(approve_button).first).to_be_visible()
    if approve_button.is_visible():
        # The provider knows somebody already.
        if window.get_by_text(f"{account}@practice.example").is_visible():
            return
        click(window, window.get_by_role("link", name="Switch account"))
    click(window, button)
    expect(approve_button).to_be_visible()


def press(window: Page, name: str) -> None:
    click(window, window.get_by_role("button", name=name))


def sign_in_at_django(window: Page, person: str = "ada") -> None:
    """At the provider that this project did not write, as far as its consent page."""
    window.wait_for_url(re.compile("/login/"))
    window.locator('input[name="username"]').fill(person)
    window.locator('input[name="password"]').fill(PASSWORD)
    click(window, window.get_by_role("button", name="Sign in"))
    expect(window.get_by_role("button", name="Authorize")).to_be_visible()


def finish_at_django(window: Page, person: str = "ada", allow: bool = True) -> None:
    """Signs in there, and answers its consent page."""
    sign_in_at_django(window, person)
    press(window, "Authorize" if allow else "Cancel")
