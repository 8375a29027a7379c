"""Settings of the services in the environment of `make up`: who gets which, and what is said about the others."""

import pytest
from conftest import REPOSITORY
from localstack.build import find_binaries
from localstack.chosen import share_out
from localstack.errors import StackError
from localstack.options import Options
from localstack.ports import assign, free_port, is_free

EVERYONE = {"vault", "exchanger", "policy", "gateway", "sandbox"}


@pytest.fixture(scope="module")
def binaries():
    return find_binaries(REPOSITORY, "debug")


@pytest.mark.parametrize(("variable", "value", "whose"), [
    ("LANYARD_FLOW_LIFETIME_SECONDS", "2", {"vault"}),
    ("LANYARD_REFRESH_MARGIN_SECONDS", "0", {"vault"}),
    ("LANYARD_REFRESH_LEASE_SECONDS", "5", {"vault"}),
    ("LANYARD_AUDIT_CHECKPOINT_SECONDS", "5", {"vault", "policy"}),
    ("LANYARD_CONNECT_SIGN_IN", "required", {"gateway"}),
    ("LANYARD_HTTP_IDLE_SECONDS", "5", EVERYONE - {"sandbox"}),
    ("LANYARD_LOG_LEVEL", "debug", EVERYONE),
    ("LANYARD_SANDBOX_ACCESS_TOKEN_SECONDS", "5", {"sandbox"}),
])
def test_a_setting_reaches_whoever_has_it_and_nobody_else(binaries, variable, value, whose):
    chosen = share_out({variable: value}, binaries)
    assert {service for service, own in chosen.by_service.items() if own == {variable: value}} == whose
    assert {service for service, own in chosen.by_service.items() if own} == whose
    assert chosen.known == {variable: value} and chosen.unknown == {}


@pytest.mark.parametrize("variable", [
    "LANYARD_HTTP_PORT", "LANYARD_METRICS_HOST", "LANYARD_VAULT_URL", "LANYARD_PUBLIC_URL", "LANYARD_DATABASE_URL",
    "LANYARD_DATABASE_URL_FILE", "LANYARD_TLS_KEY_FILE", "LANYARD_SERVICE_KEY_FILE", "LANYARD_JOURNAL_DIRECTORY",
    "LANYARD_SANDBOX", "LANYARD_SANDBOX_ISSUER", "LANYARD_SANDBOX_CLIENT_SECRET_FILE", "LANYARD_CONFIG_FILE",
])
def test_what_holds_the_stack_together_is_refused_by_name(binaries, variable):
    with pytest.raises(StackError, match=rf"^{variable} "):
        share_out({variable: "1"}, binaries)


def test_every_refusal_is_said_at_once(binaries):
    with pytest.raises(StackError) as refused:
        share_out({"LANYARD_HTTP_PORT": "1", "LANYARD_POLICY_URL": "x", "LANYARD_LOG_LEVEL": "info"}, binaries)
    assert [line.split()[0] for line in str(refused.value).splitlines()] == ["LANYARD_HTTP_PORT", "LANYARD_POLICY_URL"]


def test_a_wrong_value_is_refused_before_anything_starts(binaries):
    with pytest.raises(StackError) as refused:
        share_out({
            "LANYARD_FLOW_LIFETIME_SECONDS": "2h", "LANYARD_LOG_LEVEL": "loud", "LANYARD_SESSION_MINIMUM_SECONDS": "4000",
        }, binaries)
    text = str(refused.value)
    assert "LANYARD_FLOW_LIFETIME_SECONDS must be a whole number (vault)." in text
    assert "(vault, exchanger, policy, gateway, sandbox)." in text, "one line for what all of them say"
    assert "session lives must be ordered" in text and len(text.splitlines()) == 3


def test_a_name_that_nobody_has_is_named_with_what_was_meant(binaries):
    chosen = share_out({"LANYARD_FLOW_LIFETIME": "1", "LANYARD_REPLICA": "1", "LANYARD_QUUX": "1"}, binaries)
    assert chosen.unknown == {
        "LANYARD_FLOW_LIFETIME": "LANYARD_FLOW_LIFETIME_SECONDS", "LANYARD_QUUX": None, "LANYARD_REPLICA": "LANYARD_REPLICAS",
    }
    assert chosen.known == {} and not any(chosen.by_service.values())


def test_the_environment_is_read_but_for_what_is_the_stacks_own(monkeypatch):
    for name, value in {
        "LANYARD_PORT": "7000", "LANYARD_REPLICAS": "vault=2", "LANYARD_EGRESS_ALLOW": "localhost:1",
        "LANYARD_REFRESH_MARGIN_SECONDS": "5", "LANYARD_LOG_LEVEL": "", "DATABASE_URL": "postgres://me:canary@db:6000/postgres",
    }.items():
        monkeypatch.setenv(name, value)
    options = Options.from_environment(REPOSITORY)
    assert options.settings.get("LANYARD_REFRESH_MARGIN_SECONDS") == "5"
    assert not options.settings.keys() & {"LANYARD_PORT", "LANYARD_REPLICAS", "LANYARD_EGRESS_ALLOW", "LANYARD_LOG_LEVEL"}
    assert options.choices["DATABASE_URL"] == "db:6000" and "canary" not in str(options.choices)
    assert options.choices["LANYARD_REPLICAS"] == "vault=2" and options.choices["LANYARD_PORT"] == "7000"


def test_a_port_that_our_own_process_holds_is_kept_and_a_fixed_one_is_nobody_elses():
    ours, fixed = free_port([]), free_port([])
    remembered = {"vault": ours, "policy": fixed}
    assigned = assign(["vault", "policy", "gateway"], remembered, {"gateway": fixed}, held=[ours])
    assert assigned["vault"] == ours and assigned["gateway"] == fixed and assigned["policy"] not in (ours, fixed)
    assert is_free(assigned["policy"])
