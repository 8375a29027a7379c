"""What is dangerous needs a person who has just proved themselves; and nothing but pages of ours speaks for them."""

import pytest
from browsers import open_browser
from harness import sql
from localstack.browser import Browser, find_button
from localstack.web import HTTP
from pictures import look
from playwright.sync_api import expect

from identity.people import COOKIE, call, new_person, prove, sign_in, walk, with_provider

PROVIDER = "/v1/organization/identity-provider"
DANGEROUS = (
    ("PATCH", "/v1/organization", {"defaultEffect": "allow"}), ("POST", "/v1/revocations", {"all": True}),
    ("POST", "/v1/keys/rotations", {}), ("DELETE", PROVIDER, None),
    ("PUT", PROVIDER, {"issuer": "https://id.example", "clientId": "x", "clientSecret": "x"}),
)


@pytest.fixture
def organization(harness):
    return with_provider(harness, roleClaim="groups", roleMapping={"bosses": "owner"})


@pytest.fixture
def context(chromium):
    """Scripts of the tests' own on our pages: the pages themselves allow none that fetches."""
    context = open_browser(chromium, viewport={"width": 1000, "height": 800}, bypass_csp=True)
    yield context
    context.close()


def grow_old(harness, organization) -> None:
    """Time passes since people proved themselves."""
    sql(harness, "policy", "UPDATE browser_session SET authenticated_at = authenticated_at - interval '11 minutes'"
                           f" WHERE organization_id = '{organization.id}'")


def test_an_owner_proves_who_they_are_before_what_is_dangerous(harness, organization, context):
    person = new_person(harness, "bosses")
    page = context.new_page()
    sign_in(page, harness, organization, person)
    assert call(page, "PATCH", "/v1/organization", {"defaultEffect": "deny"})[0] == 200, "they have just done so"
    grow_old(harness, organization)
    for attempt in DANGEROUS:
        status, problem = call(page, *attempt)
        assert (status, problem["code"]) == (403, "step_up_required"), attempt
    assert organization.owner.call("GET", "/v1/organization")["defaultEffect"] == "deny"
    assert call(page, "GET", "/v1/users")[0] == 200, "everything else goes on"
    page.goto(harness.gateway + problem["facts"]["signInPath"][0])
    expect(page.get_by_role("heading", name="Prove that it is you")).to_be_visible()
    look(page, "sign-in-step-up")
    # Signed in at the provider or not: it asks again.
    page.get_by_role("button", name="Continue to").click()
    prove(page, person)
    page.wait_for_url("**/console/")
    assert call(page, "PATCH", "/v1/organization", {"defaultEffect": "allow"})[0] == 200
    rows = sql(harness, "policy", f"SELECT count(*) FROM browser_session WHERE organization_id = '{organization.id}'")
    assert rows == "1", "the session before has ended"


def test_a_provider_that_does_not_ask_again_steps_nobody_up(harness, organization):
    person = new_person(harness, "bosses")
    browser = Browser()
    walk(browser, harness, organization, person)
    harness.django.set_last_login(person, sql(harness, "policy", "SELECT now() - interval '1 hour'"))
    page = browser.open(f"{harness.gateway}/sign-in?organization={organization.id}&stepUp=true")
    # Somebody takes the question out of the address on the way.
    asked = browser.submit(page, *find_button(page, "continue to"), stop=lambda url: "/authorize/" in url)
    assert "prompt=login" in asked and "max_age=0" in asked
    page = browser.open(asked.replace("&prompt=login", "").replace("&max_age=0", ""))
    page = browser.submit(page, *find_button(page, "authorize"))
    assert page.response.status == 403 and "did not ask you to prove who you are" in page.text
    reasons = [row["details"]["reason"] for row in organization.owner.call(
        "GET", "/v1/audit?action=sign-in.refused")["items"]]
    assert reasons == ["not_anew"]


def test_a_cookie_speaks_for_nobody_but_on_pages_of_ours(harness, organization):
    browser = Browser()
    walk(browser, harness, organization, new_person(harness, "bosses"))
    cookie = {"Cookie": "; ".join(f"{each.name}={each.value}" for each in browser.http.cookies if each.name == COOKIE)}
    origin = harness.gateway
    foreign = [
        {}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": f"{origin}.evil.example"},
        {"Origin": "http://localhost:9"}, {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": origin}, {"Authorization": "Bearer lys_x", "Origin": origin},
    ]
    calls = [("GET", "/v1/me", None), ("GET", "/v1/users", None), ("POST", "/v1/rules", {"name": "x", "effect": "deny"})]
    through = [
        (headers, method) for headers in foreign for method, path, body in calls
        if HTTP().send_json(method, origin + path, body, headers={**cookie, **headers}).status < 400]
    print(f"figure: of {len(foreign) * len(calls)} calls with a cookie from elsewhere, {len(through)} were let through")
    assert through == []
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": origin}):
        assert HTTP().send_json("GET", f"{origin}/v1/me", headers={**cookie, **headers}).status == 200
