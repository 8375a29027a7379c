"""Bodies that are not as the documents say, for every operation of every internal service: each is refused for what it is, and changes nothing.

Alphabetically first on purpose: before other tests nothing has begun that goes on by itself, so every row of both databases counts.
"""

import json
import re
from dataclasses import dataclass

import pytest
from test_refusals import INTERNAL, JSON, expect_problem
from wire import GOLDEN, Document, document, golden

CALLERS = ("gateway", "exchanger", "policy", "vault", "sandbox")
# The default of LANYARD_HTTP_MAXIMUM_BODY_BYTES.
MAXIMUM_BODY_BYTES = 1_048_576
SURPLUS = "surplusField"
# The first is good for any text, and for the id of a rule, which the document takes for one; then a hash, a challenge, its long form and a name.
TEXTS = ("rul_unknown", "0" * 64, "A" * 43, "A" * 43 + "=", "unknown")


@dataclass(frozen=True)
class Operation:
    """A call with a body, and who may make it."""

    path: str
    callers: tuple[str, ...]
    body: dict


def operations(name: str) -> list[Operation]:
    found = []
    content = document(name)
    for path, item in content.content["paths"].items():
        operation = item.get("post") or item.get("put")
        if operation is None:
            assert set(item) == {"get"}, f"{path} takes no body"
            continue
        callers = re.match(r"Callers: ([a-z, ]+)\.", operation["description"])[1].split(", ")
        found.append(Operation(path, tuple(callers), valid(content, content.request_schema(operation))))
    return found


def valid(content: Document, schema: dict):
    """A value that fits the schema: the golden one of its type, or the least that is needed."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if name:
        stored = golden(name) if (GOLDEN / f"{name}.json").exists() else None
        fits = stored is not None and not content.problems(schema, stored)
        return stored if fits else valid(content, content.content["components"]["schemas"][name])
    if "oneOf" in schema:
        return valid(content, schema["oneOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "string":
            pattern = schema.get("pattern", "")
            # An id begins with its kind.
            texts = (*TEXTS, f"{pattern[1:].partition('_')[0]}_unknown")
            return next(each for each in texts if re.search(pattern, each))
        case "integer":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case "array":
            return [valid(content, schema["items"])]
    return {key: valid(content, schema["properties"][key]) for key in schema.get("required", [])}


def padded(body: dict, size: int) -> bytes:
    """The body with a field too many that makes it so long."""
    empty = json.dumps({**body, SURPLUS: ""}).encode()
    return json.dumps({**body, SURPLUS: "x" * (size - len(empty))}).encode()


def bad_bodies(body: dict) -> dict[str, tuple[bytes, int, str]]:
    """By what is wrong: the body, and the status and code that it is refused with."""
    invalid = (400, "invalid_request")
    bodies = {
        "a field too many": (json.dumps({**body, SURPLUS: 1}).encode(), *invalid),
        "a list": (json.dumps([body]).encode(), *invalid),
        "a text": (b'"text"', *invalid), "null": (b"null", *invalid), "nothing": (b"", *invalid),
        "an end that is missing": (json.dumps(body).encode()[:-1], *invalid),
        "more after the end": (json.dumps(body).encode() + b"{}", *invalid),
        "no UTF-8": (b"\xff\xfe", *invalid),
        "the longest": (padded(body, MAXIMUM_BODY_BYTES), *invalid),
        "one byte more": (padded(body, MAXIMUM_BODY_BYTES + 1), 413, "payload_too_large"),
    }
    if isinstance(body.get("request"), dict):
        deep = {**body, "request": {**body["request"], SURPLUS: 1}}
        bodies["a field too many inside"] = (json.dumps(deep).encode(), *invalid)
    return bodies


@pytest.fixture
def unchanged(running, services):
    """The rows of every table of both databases, which the test leaves as they are."""
    before = rows(running)
    assert before["policy.integration"] and before["vault.organization_secret"], "the rows are seen"
    yield before
    after = rows(running)
    assert after == before, {table: (before.get(table), count) for table, count in after.items() if before.get(table) != count}


def rows(running) -> dict[str, int]:
    counts = {}
    for name in ("vault", "policy"):
        server = running.server.acting_as(running.server.user, running.server.password, name)
        found = server.run(
            "SELECT relname || '=' || (xpath('/row/c/text()', query_to_xml(format("
            "'SELECT count(*) AS c FROM %I', relname), false, true, '')))[1]::text"
            " FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p');"
        )
        for row in found.splitlines():
            table, _, count = row.partition("=")
            counts[f"{name}.{table}"] = int(count)
    return counts


@pytest.mark.parametrize("name", INTERNAL)
def test_a_body_that_is_not_right_is_refused_and_changes_nothing(name, services, unchanged):
    """The token comes first, the body next: neither the grant nor anything that the body speaks of is looked at before it is known to be right."""
    service, tried = services[name], 0

    def refuse(operation: Operation, headers: dict, body: bytes, status: int, code: str, what: str) -> str:
        answer = service.send("POST", operation.path, {**JSON, **headers}, body)
        problem = expect_problem(answer, {status}, f"{operation.path} with {what}")
        assert problem["code"] == code, f"{operation.path} with {what}: {problem}"
        return problem["detail"]

    for operation in operations(name):
        for caller in operation.callers:
            credentials = service.headers(caller)
            for what, (body, status, code) in bad_bodies(operation.body).items():
                detail = refuse(operation, credentials, body, status, code, what)
                assert SURPLUS in detail or not what.startswith("a field too many"), f"{operation.path}: {detail}"
                tried += 1
            refuse(operation, {**credentials, "Content-Type": "text/plain"}, b"{}", 415, "unsupported_media_type", "a text")
            alone = {"Authorization": credentials["Authorization"]}
            refuse(operation, alone, *bad_bodies(operation.body)["a field too many"], "a field too many and no grant")
            tried += 2
    print(f"figure: {name}: {tried} bad bodies for {len(operations(name))} operations, every one refused for what it is; "
          f"{len(unchanged)} tables of both databases unchanged")


@pytest.mark.parametrize("name", INTERNAL)
def test_whoever_may_not_call_learns_nothing_about_the_body(name, services, unchanged):
    service, tried = services[name], 0
    for operation in operations(name):
        for caller in CALLERS:
            if caller in operation.callers:
                continue
            for body in (json.dumps(operation.body).encode(), b"{", padded(operation.body, MAXIMUM_BODY_BYTES + 1)):
                answer = service.send("POST", operation.path, {**service.headers(caller), **JSON}, body)
                problem = expect_problem(answer, {403}, f"{operation.path} by {caller}")
                assert problem["code"] == "forbidden", problem
                tried += 1
    print(f"figure: {name}: {tried} calls by services that may not make them, all forbidden")
