"""People who sign in with their organization's identity provider, in a real browser or without a screen."""

import re
import secrets
from urllib.parse import urlsplit

from django_provider.configuration import PASSWORD
from harness import Harness, Organization
from localstack.browser import Browser, find_button

COOKIE = "lanyard-session"


def callback(harness: Harness, organization: Organization) -> str:
    """Where the organization's identity provider sends browsers back to."""
    return f"{harness.gateway}/sign-in/callback/{organization.id}"


def with_provider(harness: Harness, **more) -> Organization:
    """A new tenant whose people the django provider signs in."""
    organization = harness.organization()
    harness.django.identity_provider(organization.owner, callback(harness, organization), **more)
    return organization


def new_person(harness: Harness, *groups: str) -> str:
    name = f"person-{secrets.token_hex(4)}"
    harness.django.set_groups(name, *groups)
    return name


def begin(page, harness: Harness, organization: Organization, query: str = "") -> None:
    """From the organization's page to its identity provider."""
    page.goto(f"{harness.gateway}/sign-in?organization={organization.id}{query}")
    page.get_by_role("button", name=re.compile("^Continue to")).click()
    page.wait_for_url(f"{harness.django.base}/**")


def prove(page, person: str) -> None:
    """At the provider: name, password and consent."""
    page.locator("[name=username]").fill(person)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    allow(page)


def allow(page) -> None:
    page.locator("[name=allow]").click()


def sign_in(page, harness: Harness, organization: Organization, person: str) -> None:
    begin(page, harness, organization)
    prove(page, person)
    page.wait_for_url("**/console/")


def walk(browser: Browser, harness: Harness, organization: Organization, person: str):
    """The same without a screen; the last page."""
    page = browser.open(f"{harness.gateway}/sign-in?organization={organization.id}")
    page = browser.submit(page, *find_button(page, "continue to"))
    for _ in range(3):
        if urlsplit(page.url).netloc == urlsplit(harness.gateway).netloc:
            return page
        button = find_button(page, "sign in")
        if button is not None:
            page = browser.submit(page, *button, {"username": person, "password": PASSWORD})
        else:
            page = browser.submit(page, *find_button(page, "authorize"))
    return page


def cookie(browser: Browser) -> str | None:
    return next((each.value for each in browser.http.cookies if each.name == COOKIE and each.value), None)


def call(page, method: str, path: str, body: dict | None = None) -> tuple[int, dict]:
    """A call of the public API by a page of ours, with nothing but its cookie."""
    return tuple(page.evaluate(
        """async ([method, path, body]) => {
          const headers = body ? {"Content-Type": "application/json"} : {};
          const answer = await fetch(path, {method, headers, body: body ? JSON.stringify(body) : undefined});
          const text = await answer.text();
          return [answer.status, text ? JSON.parse(text) : {}];
        }""", [method, path, body]))


def me_in(harness: Harness, browser: Browser) -> dict:
    """Who the browser is, as a page of ours in it would learn it."""
    answer = browser.http.send_json("GET", f"{harness.gateway}/v1/me", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status == 200, answer.text
    return answer.json()
