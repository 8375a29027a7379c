"""One person in several organizations: a session in each, one of them in use."""

import re

from localstack.browser import Browser
from pictures import look
from playwright.sync_api import expect

from identity.people import allow, begin, cookie, me_in, sign_in, walk, with_provider


def test_a_person_goes_from_one_organization_to_the_other(harness, context):
    first, second = with_provider(harness), with_provider(harness)
    page = context.new_page()
    sign_in(page, harness, first, "ada")
    page.get_by_role("link", name="Sign in to another organization").click()
    expect(page.get_by_text("You stay signed in where you are")).to_be_visible()
    look(page, "sign-in-another")
    begin(page, harness, second)
    allow(page)
    page.wait_for_url("**/console/")
    names = [organization.owner.call("GET", "/v1/organization")["name"] for organization in (first, second)]
    expect(page.get_by_role("heading", name=names[1])).to_be_visible()
    look(page, "console-organizations")
    page.get_by_role("button", name=re.compile(f"^Go to {names[0]}")).click()
    expect(page.get_by_role("heading", name=names[0])).to_be_visible()
    # What ends in one organization goes on in the other.
    user = first.host.call("GET", "/v1/users")["items"][0]
    first.host.call("DELETE", f"/v1/users/{user['id']}")
    assert page.goto(f"{harness.gateway}/console/").status == 403
    begin(page, harness, first)
    allow(page)
    expect(page.get_by_text("You were removed from the organization")).to_be_visible()


def test_leaving_the_browser_leaves_every_organization(harness, context):
    organizations = [with_provider(harness), with_provider(harness)]
    page = context.new_page()
    sign_in(page, harness, organizations[0], "ada")
    begin(page, harness, organizations[1])
    allow(page)
    page.wait_for_url("**/console/")
    kept = [each["value"] for each in context.cookies() if each["value"].startswith("lyb_")]
    assert len(kept) == 2
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert not [each for each in context.cookies() if each["value"].startswith("lyb_")]
    for token in kept:
        browser = Browser()
        answer = browser.http.get(f"{harness.gateway}/console/", {"Cookie": f"lanyard-session={token}"})
        assert answer.status == 403


def test_whoever_is_in_one_organization_gets_no_further_in_another(harness):
    mine, theirs = with_provider(harness), with_provider(harness)
    browser = Browser()
    walk(browser, harness, mine, "ada")
    page = browser.open(f"{harness.gateway}/console/")
    form = next(form for form in page.forms if form.action.endswith("/sign-out"))
    # The form of another page, and an organization that this browser has no session in.
    answer = browser.http.post_form(
        f"{harness.gateway}/sign-in/organization", {"csrf": form.fields["csrf"], "organization": theirs.id},
        {"Sec-Fetch-Site": "same-origin", "Origin": harness.gateway})
    assert answer.status == 400
    assert me_in(harness, browser)["organization"]["id"] == mine.id
    token = cookie(browser)
    answer = Browser().http.send_json("GET", f"{harness.gateway}/v1/users", headers={
        "Cookie": f"lanyard-session=lyb_{'x' * 43}; lanyard-others={token}", "Sec-Fetch-Site": "same-origin"})
    assert answer.status == 401, "only the session in use counts"
