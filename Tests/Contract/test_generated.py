"""Generated requests, good and bad, against every service: no 5xx, and answers as the OpenAPI document says."""

import itertools
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]
# Per operation and kind of request. More finds little more and takes minutes.
EXAMPLES = 8
CALL_SECONDS = 40
SERVICES = ("gateway", "policy", "vault", "exchanger")

_turns = itertools.count()

bounded = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


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
    schema = schemathesis.openapi.from_dict(service.document)
    schema.config.update(base_url=service.url)
    statuses: Counter[int] = Counter()
    failures = []
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @bounded
            @given(case=operation.as_strategy(generation_mode=mode))
            def exercise(case):
                statuses[send(case, service)] += 1

            try:
                exercise()
            except Exception as failure:  # Whatever it was, the other operations are tried as well.
                if type(failure).__name__ not in ("Unsatisfiable", "SkipTest"):
                    failures.append(f"{operation.label} ({mode.value}): {describe(failure)}")
    print(f"figure: {statuses.total()} generated requests to {name}, {len(failures)} operations broke their document, "
          f"by status {dict(sorted(statuses.items()))}")
    assert any(status < 300 for status in statuses), "not one generated request succeeded"
    assert not failures, "\n".join(failures)


def describe(failure: BaseException) -> str:
    """The first lines of a failure, of every one in a group."""
    parts = getattr(failure, "exceptions", None) or [failure]
    return " | ".join(" ".join(str(part).split())[:400] or type(part).__name__ for part in parts)
