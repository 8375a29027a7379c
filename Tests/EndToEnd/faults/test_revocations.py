"""Thousands of tokens are revoked at a provider that fails half of the calls: each ends in a state that is true."""

import time

from faults.place import IS_FULL
from faults.seeding import people, refresh_tokens, seed
from harness import eventually

CONNECTIONS = 2_000 if IS_FULL else 40
# Pauses of the vault's attempts grow to 15 minutes; at three tries each, few Connections need more than six of them.
END_SECONDS = 900.0 if IS_FULL else 150.0


def test_a_provider_that_fails_half_of_the_calls(place, party, report):
    organization = place.organization()
    integration = party.integration(organization.owner)
    tokens = refresh_tokens(place, party, CONNECTIONS)
    seed(place, organization, integration, party, "revoked", CONNECTIONS, people(organization.host, 1, "revoked"), tokens)
    before, calls = place.families(), party.revocations()
    # Every second call fails, and every ninth of the others is carried out without an answer.
    place.practice.add_fault(endpoint="revocation", kind="status", status=503, times=1_000_000, every=2)
    place.practice.add_fault(endpoint="revocation", kind="resetAfter", times=1_000_000, every=9)

    began = time.monotonic()
    begun = organization.owner.call("POST", "/v1/revocations", {"integrationId": integration["id"]})

    def totals() -> dict[str, int]:
        return organization.owner.call("GET", f"/v1/revocations/{begun['id']}")["totals"]

    first = totals()
    assert sum(first.values()) == CONNECTIONS
    eventually(lambda: totals().get("pending", 0) == 0, END_SECONDS, "the end of every revocation")
    ended = {state: count for state, count in totals().items() if count}
    seconds = time.monotonic() - began
    gone = before - place.families()
    report.add(
        "test_revocations.py", f"revocation of {CONNECTIONS:,} Connections, half of the provider's answers are failures",
        f"{', '.join(f'{count:,} {state}' for state, count in sorted(ended.items()))}; {gone:,} grants gone at the provider; "
        f"{party.revocations() - calls:,} calls in {seconds:.0f} s",
    )
    # What Lanyard says is what the provider knows.
    assert ended == {"revoked": CONNECTIONS}
    assert gone == CONNECTIONS
