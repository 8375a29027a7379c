"""What every operation of every internal service refuses, one by one from its document."""

import pytest
from tokens import grant, service_token

INTERNAL = ("vault", "policy", "exchanger")
JSON = {"Content-Type": "application/json"}


def expect_problem(answer, statuses: set[int], what: str) -> dict:
    assert answer.status in statuses, f"{what}: {answer.status} {answer.text[:200]}"
    assert answer.headers["Content-Type"].startswith("application/problem+json"), what
    document = answer.json()
    assert document["status"] == answer.status, what
    assert document["code"] and document["title"] and document["detail"] and document["requestId"], what
    return document


@pytest.mark.parametrize("name", INTERNAL)
def test_no_operation_answers_without_a_service_token(name, services, running):
    service, keys = services[name], running.layout.keys
    other = next(each for each in INTERNAL if each != name)
    credentials = {
        "none": {},
        "another scheme": {"Authorization": "Basic eDp5"},
        "not a token": {"Authorization": "Bearer nonsense"},
        "for another service": {"Authorization": f"Bearer {service_token(keys, 'gateway', other)}"},
        "ended": {"Authorization": f"Bearer {service_token(keys, 'gateway', name, lifetime=-1)}"},
        "a grant": {"Authorization": f"Bearer {grant(keys, running.organization_id, ['release'], ['gateway'])}"},
    }
    operations = service.operations()
    for method, path in operations:
        for what, header in credentials.items():
            answer = service.send(method, path, {**JSON, **header}, b"{}" if method != "GET" else None)
            document = expect_problem(answer, {401}, f"{method} {path} with {what}")
            assert document["code"] == "unauthenticated"
    print(f"figure: {len(operations) * len(credentials)} calls of {name} without a good service token, all refused")


@pytest.mark.parametrize("name", INTERNAL)
def test_no_operation_answers_the_sandbox(name, services):
    service = services[name]
    for method, path in service.operations():
        answer = service.send(method, path, {**service.headers("sandbox"), **JSON}, b"{}" if method != "GET" else None)
        expect_problem(answer, {401, 403}, f"{method} {path}")


@pytest.mark.parametrize("name", INTERNAL)
def test_an_unknown_path_is_a_problem_document(name, services):
    service = services[name]
    expect_problem(service.send("GET", "/nothing-here", service.headers()), {404}, "unknown path")


def test_a_grant_that_another_service_signed_is_refused(services, running):
    keys = running.layout.keys
    service = services["vault"]
    for signer in ("gateway", "exchanger", "vault", "sandbox"):
        headers = {
            "Authorization": f"Bearer {service_token(keys, 'gateway', 'vault')}", **JSON,
            "Lanyard-Grant": grant(keys, running.organization_id, ["administer", "list"], ["gateway"], signer=signer),
        }
        for method, path in service.operations():
            if "list" in path:
                answer = service.send(method, path, headers, b"{}")
                expect_problem(answer, {400, 403}, f"{method} {path} signed by {signer}")


def test_the_certificate_of_another_authority_is_not_accepted(services):
    import ssl

    from localstack.web import HTTP

    for name in INTERNAL:
        with pytest.raises(OSError):
            HTTP(ssl.create_default_context()).get(f"{services[name].url}/healthz")
