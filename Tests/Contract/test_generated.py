"""Generated requests, good and bad, against every service: no 5xx, and answers as the OpenAPI document says."""

import itertools

import pytest
from generated import CALL_SECONDS, CHECKS, exercise

SERVICES = ("gateway", "policy", "vault", "exchanger")

_turns = itertools.count()


def send(case, service) -> int:
    """Sends a generated request, holds the answer against the document, and returns its status."""
    # A long-poll would only wait.
    if case.query and "wait" in case.query:
        case.query["wait"] = 0
    if isinstance(case.body, dict) and "waitSeconds" in case.body:
        case.body["waitSeconds"] = 0
    # Every second request comes from a caller that policy knows; the others keep what was generated.
    if isinstance(case.body, dict) and "credential" in case.body and next(_turns) % 2:
        case.body["credential"] = service.credential
    response = case.call(headers=service.headers(), verify=service.certificate_authority, timeout=CALL_SECONDS)
    case.validate_response(response, checks=CHECKS)
    return response.status_code


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_keeps_to_its_document(name, services):
    service = services[name]
    results = exercise(service.document, service.url, lambda case: send(case, service))
    print(f"figure: {name}: {results.figure}")
    assert any(status < 300 for status in results.statuses), "not one generated request succeeded"
    assert not results.failures, "\n".join(results.failures)
