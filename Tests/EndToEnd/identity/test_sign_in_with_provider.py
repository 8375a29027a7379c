"""Signing in with a real OpenID provider, in a real browser."""

from urllib.parse import unquote

import pytest
from harness import sql
from localstack.browser import Browser
from localstack.web import HTTP
from pictures import look
from playwright.sync_api import expect

from identity.people import COOKIE, begin, cookie, me_in, new_person, prove, sign_in, walk, with_provider


@pytest.fixture(scope="module")
def organization(harness):
    return with_provider(
        harness, roleClaim="groups", roleMapping={"bosses": "owner", "helpers": "admin"}, groupsClaim="groups")


def test_a_person_signs_in_and_is_a_member_from_then_on(harness, organization, context):
    person = new_person(harness, "readers")
    page = context.new_page()
    page.goto(f"{harness.gateway}/sign-in?organization={organization.id}")
    expect(page.get_by_text("127.0.0.1", exact=True)).to_be_visible()
    look(page, "sign-in-provider")
    begin(page, harness, organization)
    asked = unquote(page.url)
    assert "code_challenge_method=S256" in asked and "&nonce=" in asked
    prove(page, person)
    page.wait_for_url("**/console/")
    expect(page.get_by_text(f"{person}@provider.example")).to_be_visible()
    expect(page.get_by_text("Member", exact=True)).to_be_visible()
    look(page, "console-by-provider")
    kept = next(each for each in context.cookies() if each["name"] == COOKIE)
    assert kept["httpOnly"] and kept["sameSite"] == "Lax"
    me = page.request.get(f"{harness.gateway}/v1/me", headers={"Sec-Fetch-Site": "same-origin"}).json()
    assert me["groups"] == ["readers"] and me["role"] == "member"
    assert me["user"]["externalId"].startswith("identity-provider:"), "not one of the host platform's people"


def test_role_and_groups_are_the_providers_at_every_sign_in(harness, organization):
    person = new_person(harness, "helpers", "readers")
    seen = []
    for groups in (("helpers", "readers"), ("readers",), ("bosses",), ()):
        harness.django.set_groups(person, *groups)
        browser = Browser()
        walk(browser, harness, organization, person)
        me = me_in(harness, browser)
        seen.append((me["role"], me["groups"]))
    assert seen == [
        ("admin", ["helpers", "readers"]), ("member", ["readers"]), ("owner", ["bosses"]), ("member", [])], seen
    rows = sql(harness, "policy", f"SELECT count(*) FROM member WHERE email = '{person}@provider.example'")
    assert rows == "1", "one person, however often they sign in"


def test_an_address_leads_to_its_organization(harness, context):
    domain = "provider.example"
    sql(harness, "policy", "UPDATE identity_provider SET allowed_domains = NULL")
    organization = with_provider(harness, allowedDomains=[domain])
    page = context.new_page()
    page.goto(f"{harness.gateway}/sign-in")
    look(page, "sign-in-address")
    page.get_by_label("Work address").fill(f"ada@{domain.upper()}")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"**/sign-in?organization={organization.id}")
    page.get_by_role("button", name="Continue to").click()
    prove(page, "ada")
    page.wait_for_url("**/console/")
    # Two that claim one domain: it is not known which of them may, and nobody is sent anywhere.
    with_provider(harness, allowedDomains=[domain])
    page.goto(f"{harness.gateway}/sign-in")
    page.get_by_label("Work address").fill(f"ada@{domain}")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()


def test_an_address_of_another_domain_signs_nobody_in(harness):
    organization = with_provider(harness, allowedDomains=["elsewhere.example"])
    browser = Browser()
    page = walk(browser, harness, organization, "ada")
    assert page.response.status == 403 and cookie(browser) is None
    assert sql(harness, "policy", f"SELECT count(*) FROM member WHERE organization_id = '{organization.id}'") == "1"
    reasons = [row["details"]["reason"] for row in organization.owner.call(
        "GET", "/v1/audit?action=sign-in.refused")["items"]]
    assert reasons == ["other_domain"]


def test_people_are_the_host_platforms_only_where_the_owner_says_by_which_claim(harness):
    apart, linked = with_provider(harness), with_provider(harness, linkClaim="employee")
    for organization in (apart, linked):
        organization.vouched = organization.host.create_session("employee-ada", email="ada@provider.example")["userId"]
    for organization, same in ((apart, False), (linked, True)):
        browser = Browser()
        walk(browser, harness, organization, "ada")
        assert (me_in(harness, browser)["user"]["id"] == organization.vouched) is same


def test_a_provider_that_signs_with_a_new_key_is_followed(harness, organization):
    person = new_person(harness)
    assert cookie(signed_in(harness, organization, person))
    harness.django.change_key()
    # Each replica looks for a key that it does not know, not more often than every ten seconds.
    sql(harness, "policy", "SELECT pg_sleep(10)")
    for _ in range(4):
        assert cookie(signed_in(harness, organization, person))


def test_the_provider_is_an_owners_to_change_and_its_secret_is_shown_to_nobody(harness, organization):
    shown = organization.owner.raw("GET", "/v1/organization/identity-provider")
    assert shown.status == 200 and "clientSecret" not in shown.text
    admin = organization.host.session("an-admin", "admin")
    body = {"issuer": harness.django.issuer, "clientId": "x", "clientSecret": "x"}
    assert admin.raw("PUT", "/v1/organization/identity-provider", body).status == 403
    assert admin.raw("DELETE", "/v1/organization/identity-provider").status == 403
    refused = organization.owner.raw(
        "PUT", "/v1/organization/identity-provider", {**body, "issuer": f"{harness.django.issuer}/nowhere"})
    assert refused.status == 400 and "issuer" in refused.json()["detail"]
    other_client = {"issuer": harness.django.issuer, "clientId": "another"}
    refused = organization.owner.raw("PUT", "/v1/organization/identity-provider", other_client)
    assert refused.status == 400 and "clientSecret" in refused.json()["detail"], "a secret goes to no other client"
    for issuer in ("https://accounts.google.com", "http://idp.example", "https://a@idp.example"):
        assert organization.owner.raw("PUT", "/v1/organization/identity-provider", {**body, "issuer": issuer}).status == 400


def test_without_the_provider_nobody_stays_signed_in_by_it(harness, context):
    organization = with_provider(harness)
    page = context.new_page()
    sign_in(page, harness, organization, "ada")
    by_link = Browser()
    opened = by_link.open(organization.host.create_sign_in_link("olive")["url"])
    by_link.submit(opened, opened.forms[0])
    organization.owner.call("DELETE", "/v1/organization/identity-provider")
    assert page.goto(f"{harness.gateway}/console/").status == 403
    assert HTTP().get(f"{harness.gateway}/sign-in?organization={organization.id}").status == 404
    assert me_in(harness, by_link)["user"]["externalId"] == "olive", "whom the host platform vouched for stays"


def signed_in(harness, organization, person) -> Browser:
    browser = Browser()
    walk(browser, harness, organization, person)
    return browser
