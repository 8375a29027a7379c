"""The pages in a real browser: what a person sees, kept as pictures in artefacts/."""

import pytest
from browsers import open_browser
from conftest import ARTEFACTS
from harness import application
from playwright.sync_api import expect

DESKTOP = {"width": 1000, "height": 800}
PHONE = {"width": 360, "height": 640}


@pytest.fixture
def page(chromium):
    """A new person's browser that notes what goes wrong in the page."""
    context = open_browser(chromium, viewport=DESKTOP)
    page = context.new_page()
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    yield page
    context.close()


@pytest.fixture(scope="module")
def organization(harness):
    return harness.organization()


@pytest.fixture(scope="module")
def practice(harness, organization):
    from harness import practice_party

    return practice_party(harness).integration(organization.owner)


def test_a_person_connects_an_account_by_clicking(harness, organization, practice, page):
    # Whoever agreed before, in another test, would not be asked.
    harness.running.practice_provider.end_authorizations("ada")
    member, inbox = organization.member(), application()
    flow = member.resolve(inbox, integrationId=practice["id"])["flow"]
    page.goto(flow["url"])
    expect(page.get_by_text(inbox["name"]).first).to_be_visible()
    page.screenshot(path=ARTEFACTS / "connect.png", full_page=True)
    page.set_viewport_size(PHONE)
    page.screenshot(path=ARTEFACTS / "connect-phone.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=ARTEFACTS / "connect-dark.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESKTOP)

    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{harness.running.plan.practice.issuer}/**")
    page.screenshot(path=ARTEFACTS / "practice-provider.png", full_page=True)
    page.get_by_role("button", name="Ada").first.click()
    page.get_by_role("button", name="Approve").first.click()
    page.wait_for_url(f"{harness.gateway}/**")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=ARTEFACTS / "connected.png", full_page=True)
    assert "code=" not in page.url, "the code must not stay in the address"
    assert member.flow(flow["id"])["status"] == "completed"
    assert member.resolve(inbox, integrationId=practice["id"])["status"] == "ready"
    assert page.problems == []


def test_an_unknown_flow_shows_a_page_that_helps(harness, page):
    answer = page.goto(f"{harness.gateway}/connect/flw_unknown")
    assert answer.status in (404, 410)
    assert page.get_by_role("heading").count() >= 1
    page.screenshot(path=ARTEFACTS / "connect-unknown.png", full_page=True)


def test_a_foreign_callback_shows_a_page_that_helps(harness, page):
    answer = page.goto(f"{harness.gateway}/oauth/callback?code=abc&state=def")
    assert answer.status == 400
    assert page.get_by_role("heading").count() >= 1
    assert "abc" not in page.content()
    page.screenshot(path=ARTEFACTS / "callback-foreign.png", full_page=True)


def test_the_pages_carry_strict_headers(harness, organization, practice, page):
    flow = organization.member().resolve(application(), integrationId=practice["id"])["flow"]
    headers = page.goto(flow["url"]).headers
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "object-src 'none'" in policy or "default-src 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe-inline" not in policy and "unsafe-eval" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    # With no-referrer a browser hides the origin of a form from our own check as well.
    assert headers["referrer-policy"] in ("same-origin", "no-referrer")
    assert "no-store" in headers["cache-control"]


def test_nothing_is_loaded_from_anywhere_else(harness, organization, practice, page):
    requested = []
    page.on("request", lambda request: requested.append(request.url))
    flow = organization.member().resolve(application(), integrationId=practice["id"])["flow"]
    page.goto(flow["url"])
    page.wait_for_load_state("networkidle")
    assert [url for url in requested if not url.startswith(harness.gateway)] == []
