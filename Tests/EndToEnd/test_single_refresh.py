"""One expired Connection, a thousand callers, two vaults, two exchangers: one refresh."""

import time

from burst import post_at_once
from harness import application, wait_until_expired

CALLERS = 1_000
DEADLINE_SECONDS = 120.0
LONG_SECONDS = 3600
SHORT_SECONDS = 4


def test_a_thousand_callers_of_an_expired_connection_cause_one_refresh(harness):
    django = harness.django
    organization = harness.organization()
    integration = django.integration(organization.owner)
    inbox = application()
    session = organization.host.create_session("busy-member")
    member = organization.host.session("busy-member")
    django.set_lifetime(SHORT_SECONDS)
    try:
        expired = harness.connect(member, integration, django, inbox)
    finally:
        django.set_lifetime(LONG_SECONDS)
    wait_until_expired(expired)
    before = django.refreshes()

    body = {"integrationId": integration["id"], "application": inbox}
    began = time.monotonic()
    answers = post_at_once(f"{harness.gateway}/v1/auth/resolve", session["token"], body, CALLERS, DEADLINE_SECONDS)
    seconds = time.monotonic() - began

    assert {answer.status for answer in answers} == {200}, [each.body[:200] for each in answers if each.status != 200][:3]
    tokens = {answer.json()["auth"]["accessToken"] for answer in answers}
    refreshes = django.refreshes() - before
    print(f"figure: {CALLERS} concurrent auth/resolve on one expired Connection caused {refreshes} refresh(es), "
          f"{len(tokens)} distinct token(s), all answered after {seconds:.1f} s")
    assert refreshes == 1
    assert len(tokens) == 1
    assert tokens != {expired["accessToken"]}
    assert django.mail(tokens.pop()) == 200
