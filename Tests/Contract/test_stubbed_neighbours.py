"""Each service's real executable alone, with real PostgreSQL and stubbed neighbours, held against its OpenAPI document.

The stubs answer what their own documents promise, hold what they are asked against them, and then fail in turn.
Whatever a neighbour does, a caller gets a documented answer: `unavailable` where the neighbour is away,
`internal_error` where it answers what this version does not understand, and nothing else beyond 499.
"""

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import schemathesis
from alone import NEIGHBOURS, Alone, Call, Ground
from conftest import REPOSITORY
from generated import CALL_SECONDS, CHECKS, CONFORMANCE, exercise
from localstack.build import find_binaries
from stub import Mood
from stubbed_calls import StubProvider, calls, changes

UNAVAILABLE, NOT_UNDERSTOOD = (503, "unavailable"), (500, "internal_error")
EXPECTED = {
    Mood.UNAVAILABLE: UNAVAILABLE, Mood.BAD_GATEWAY: UNAVAILABLE, Mood.CUT: UNAVAILABLE, Mood.SILENT: UNAVAILABLE,
    Mood.PAGE: NOT_UNDERSTOOD, Mood.ANOTHER_SHAPE: NOT_UNDERSTOOD,
}
# Whose answers a service remembers: a call may need them again although none was asked for before.
REMEMBERED = {"gateway": {"policy"}}
PAIRS = [(service, neighbour) for service, neighbours in NEIGHBOURS.items() for neighbour in neighbours]
# Where every call has the usual time limit of ten seconds; others may take up to a minute to give up.
SILENT_PAIRS = [("policy", "vault"), ("exchanger", "policy"), ("gateway", "policy")]
# Longer than the longest time limit of a call between services.
PATIENCE_SECONDS = 75
# Half of what the run against real neighbours takes: this one is about the neighbours.
EXAMPLES = 4


@pytest.fixture(scope="module")
def provider():
    stub = StubProvider()
    yield stub
    stub.stop()


@pytest.fixture(scope="module")
def ground():
    folder = Path(tempfile.mkdtemp(prefix="lanyard-alone-"))
    folder.chmod(0o711)
    ground = Ground(folder / "ground", find_binaries(REPOSITORY, "debug"))
    yield ground
    ground.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def alone(ground, provider):
    """One service at a time; asked for another one, the one before ends."""
    running: dict[str, Alone] = {}

    def start(name: str) -> Alone:
        if name not in running:
            while running:
                running.popitem()[1].stop()
            running[name] = Alone(ground, name, provider.address, changes(provider).get(name, {}))
        return running[name]

    yield start
    while running:
        running.popitem()[1].stop()


@dataclass(frozen=True)
class Answer:
    """An answer that is as its document says; without a code where it is no problem document."""

    status: int
    code: str = ""
    detail: str = ""


def send(service: Alone, call: Call) -> Answer:
    """Makes a call and holds the answer against the document."""
    answer = requests.request(
        call.method, service.url + call.path, json=call.body, headers=service.headers("gateway"),
        timeout=PATIENCE_SECONDS, verify=service.certificate_authority, allow_redirects=False,
    )
    schema = schemathesis.openapi.from_dict(service.document)
    schema.config.update(base_url=service.url)
    schema[call.template][call.method].Case().validate_response(answer, checks=CONFORMANCE)
    if answer.status_code < 400 or not answer.headers["Content-Type"].startswith("application/problem+json"):
        return Answer(answer.status_code)
    problem = answer.json()
    assert problem["status"] == answer.status_code and problem["detail"] and problem["requestId"], call.label
    return Answer(answer.status_code, problem["code"], problem["detail"])


def in_good_times(service: Alone, provider: StubProvider) -> list[tuple[Call, int, set[str]]]:
    """Every call with its status and the neighbours that it needed."""
    service.called()
    found = []
    for call in calls(service, provider):
        answer = send(service, call)
        assert answer.status < 400, f"{call.label} answered {answer} although every neighbour is well"
        found.append((call, answer.status, service.called()))
    return found


@pytest.mark.parametrize("name", [name for name in NEIGHBOURS if NEIGHBOURS[name]])
def test_good_neighbours_are_asked_and_understood_as_their_documents_say(name, alone, provider):
    service = alone(name)
    found = in_good_times(service, provider)
    needed = set().union(*(neighbours for _, _, neighbours in found))
    assert needed == set(NEIGHBOURS[name]), "every neighbour was needed by some call"
    complaints = [f"{stub.service}: {each}" for stub in service.stubs.values() for each in stub.complaints]
    assert not complaints, "\n".join(complaints)
    print(f"figure: {name} alone: {len(found)} calls answered with stubs for {', '.join(sorted(needed))}, "
          f"0 of its requests outside their documents")


@pytest.mark.parametrize(("name", "neighbour", "mood"), [
    pytest.param(service, neighbour, mood, id=f"{service}-{neighbour}-{mood.value}")
    for service, neighbour in PAIRS for mood in EXPECTED
    if mood is not Mood.SILENT or (service, neighbour) in SILENT_PAIRS
])
def test_a_failing_neighbour_shows_as_a_documented_problem(name, neighbour, mood, alone, provider):
    service = alone(name)
    service.wait_until_ready()
    good = in_good_times(service, provider)
    # Again, since the first ones used up what they delete.
    again = calls(service, provider)
    stub = service.stubs[neighbour]
    stub.mood = mood
    try:
        # All at once, so that those that wait for a silent neighbour wait together.
        with ThreadPoolExecutor(len(again)) as pool:
            answers = list(pool.map(lambda call: send(service, call), again))
    finally:
        stub.mood = Mood.GOOD
    failed = 0
    for call, answer, (_, status, needed) in zip(again, answers, good, strict=True):
        if answer.status >= 400:
            failed += 1
            needs = needed | REMEMBERED.get(name, set())
            assert neighbour in needs, f"{call.label} answered {answer} without needing {neighbour}"
            # A page tells people what a problem document tells programs.
            status, code = EXPECTED[mood]
            assert (answer.status, answer.code or code) == (status, code), f"{call.label} answered {answer}"
        else:
            assert answer.status == status, f"{call.label} answered {answer}"
    print(f"figure: {name} with {neighbour} {mood.value}: {failed} of {len(again)} calls refused as documented, "
          f"{len(again) - failed} answered")
    assert failed, "no call noticed"


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_generated_requests_to_the_service_alone_get_documented_answers(name, alone):
    service = alone(name)

    def send_generated(case) -> int:
        if case.query and "wait" in case.query:
            case.query["wait"] = 0
        if isinstance(case.body, dict):
            case.body |= {"waitSeconds": 0} if "waitSeconds" in case.body else {}
            case.body |= {"credential": service.credential} if "credential" in case.body else {}
        response = case.call(headers=service.headers(), verify=service.certificate_authority, timeout=CALL_SECONDS)
        # Of the world outside nothing is there: that an identity provider cannot be reached is the documented answer.
        is_outside = response.status_code == 503 and problem_code(response) == "provider_unavailable"
        case.validate_response(response, checks=CONFORMANCE if is_outside else CHECKS)
        return response.status_code

    results = exercise(service.document, service.url, send_generated, examples=EXAMPLES)
    print(f"figure: {name} alone: {results.figure}")
    assert any(status < 300 for status in results.statuses), "not one generated request succeeded"
    assert not results.failures, "\n".join(results.failures)


def problem_code(response) -> str | None:
    try:
        return response.json().get("code")
    except (ValueError, AttributeError):
        return None
