"""The main job with both providers: connect, resolve, expiry, refresh, rotation, revocation."""

import pytest
from harness import application, eventually, wait_until_expired
from localstack.api import Problem
from localstack.browser import Browser
from localstack.consent import finish, start, walk

# Shorter than the vault's refresh margin needs to be for the tests: the token is due as soon as it is there.
SHORT_SECONDS = 4
LONG_SECONDS = 3600


@pytest.fixture(autouse=True)
def long_lived(provider):
    provider.set_lifetime(LONG_SECONDS)
    yield
    provider.set_lifetime(LONG_SECONDS)


def test_a_member_connects_an_account_and_the_token_works(harness, provider):
    organization = harness.organization()
    integration = provider.integration(organization.owner)
    auth = harness.connect(organization.member(), integration, provider, application())
    assert provider.mail(auth["accessToken"]) == 200
    assert auth["providerAccountId"] and auth["displayIdentifier"]
    assert set(provider.scopes) <= set(auth["scopes"])


def test_a_second_resolve_needs_no_consent_and_keeps_the_connection(harness, provider):
    organization = harness.organization()
    integration = provider.integration(organization.owner)
    member, inbox = organization.member(), application()
    first = harness.connect(member, integration, provider, inbox)
    second = harness.ready(member, integration, inbox)
    assert second["id"] == first["id"]
    assert second["accessToken"] == first["accessToken"]


def test_an_expired_token_is_refreshed_silently_and_rotates(harness, provider):
    organization = harness.organization()
    integration = provider.integration(organization.owner)
    member, inbox = organization.member(), application()
    provider.set_lifetime(SHORT_SECONDS)
    first = harness.connect(member, integration, provider, inbox)
    wait_until_expired(first)
    # Twice: the second refresh works only with the refresh token that the first one brought.
    second = harness.ready(member, integration, inbox)
    provider.set_lifetime(LONG_SECONDS)
    wait_until_expired(second)
    third = harness.ready(member, integration, inbox)
    assert len({first["accessToken"], second["accessToken"], third["accessToken"]}) == 3
    assert first["id"] == second["id"] == third["id"]
    assert provider.mail(third["accessToken"]) == 200


def test_a_forced_refresh_keeps_the_id_and_brings_a_new_token(harness, provider):
    organization = harness.organization()
    integration = provider.integration(organization.owner)
    member, inbox = organization.member(), application()
    before = harness.connect(member, integration, provider, inbox)
    after = member.refresh(before["id"], inbox)
    assert after["id"] == before["id"]
    assert after["accessToken"] != before["accessToken"]
    assert provider.mail(after["accessToken"]) == 200


def test_revoking_stops_the_release_at_once_and_reaches_the_provider(harness, provider):
    organization = harness.organization()
    integration = provider.integration(organization.owner)
    member, inbox = organization.member(), application()
    auth = harness.connect(member, integration, provider, inbox)
    before = provider.revocations()
    member.revoke(auth["id"], inbox)
    assert member.resolve(inbox, integrationId=integration["id"])["status"] == "consentRequired"
    eventually(lambda: provider.revocations() > before, what="a revocation request at the provider")
    eventually(lambda: provider.mail(auth["accessToken"]) == 401, what="the end of the token at the provider")
    member.revoke(auth["id"], inbox)


def test_a_denial_at_the_provider_settles_the_flow_with_a_reason(harness, provider):
    organization = harness.organization()
    integration = provider.integration(organization.owner)
    member, inbox = organization.member(), application()
    flow = member.resolve(inbox, integrationId=integration["id"])["flow"]
    walk(Browser(), flow["url"], lambda url: provider.approve(url, allow=False))
    result = member.flow(flow["id"])
    assert result["status"] == "failed"
    assert result["error"]["code"] == "access_denied"


def test_a_cancelled_flow_settles_and_cannot_be_finished(harness, provider):
    organization = harness.organization()
    integration = provider.integration(organization.owner)
    member, inbox = organization.member(), application()
    flow = member.resolve(inbox, integrationId=integration["id"])["flow"]
    browser = Browser()
    redirect = provider.approve(start(browser, flow["url"]))
    member.call("DELETE", f"/v1/flows/{flow['id']}")
    assert member.flow(flow["id"])["status"] == "failed"
    finish(browser, redirect)
    assert member.list(inbox, integrationId=integration["id"]) == []


def test_a_callback_works_once_and_only_in_the_browser_that_started(harness, provider):
    organization = harness.organization()
    integration = provider.integration(organization.owner)
    member, inbox = organization.member(), application()
    flow = member.resolve(inbox, integrationId=integration["id"])["flow"]
    browser = Browser()
    redirect = provider.approve(start(browser, flow["url"]))
    stranger = finish(Browser(), redirect)
    assert stranger.response.status >= 400
    assert member.list(inbox, integrationId=integration["id"]) == []
    finish(browser, redirect)
    assert member.flow(flow["id"])["status"] == "completed"
    again = finish(browser, redirect)
    assert again.response.status >= 400 or "code=" not in again.url
    assert len(member.list(inbox, integrationId=integration["id"])) == 1


def test_an_unknown_provider_is_an_integration_not_found(harness):
    member = harness.organization().member()
    with pytest.raises(Problem) as refused:
        member.resolve(application(), providerUrl="https://unknown.example")
    assert refused.value.code == "integration_not_found"
    assert refused.value.status == 404
