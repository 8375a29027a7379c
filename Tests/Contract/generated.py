"""Requests generated from an OpenAPI document, and what their answers are held against."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

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

CONFORMANCE = [
    status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance,
]
CHECKS = [not_a_server_error, *CONFORMANCE]
# Per operation and kind of request. More finds little more and takes minutes.
EXAMPLES = 8
CALL_SECONDS = 40
BOTH_MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@dataclass
class Results:
    """What a run of generated requests found."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def figure(self) -> str:
        return (f"{self.statuses.total()} generated requests, {len(self.failures)} operations broke their document, "
                f"by status {dict(sorted(self.statuses.items()))}")


def exercise(
    document: dict, url: str, send: Callable[[schemathesis.Case], int], modes=BOTH_MODES, examples: int = EXAMPLES,
    before: Callable[[str], None] = lambda _: None,
) -> Results:
    """Sends generated requests to every operation.

    `send` returns the status, and raises for an answer that does not conform. `before` is told each operation, as its
    method and path, before its first request.
    """
    bounded = settings(
        max_examples=examples, deadline=None, derandomize=True, database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=url)
    results = Results()
    for found in schema.get_all_operations():
        operation = found.ok()
        before(operation.label)
        for mode in modes:

            @bounded
            @given(case=operation.as_strategy(generation_mode=mode))
            def each(case):
                results.statuses[send(case)] += 1

            try:
                each()
            except Exception as failure:  # Whatever it was, the other operations are tried as well.
                if type(failure).__name__ not in ("Unsatisfiable", "SkipTest"):
                    results.failures.append(f"{operation.label} ({mode.value}): {describe(failure)}")
    return results


def describe(failure: BaseException) -> str:
    """The first lines of a failure, of every one in a group."""
    parts = getattr(failure, "exceptions", None) or [failure]
    return " | ".join(" ".join(str(part).split())[:400] or type(part).__name__ for part in parts)
