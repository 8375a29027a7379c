"""What is in the memory of a service gets into no file, and to no other process of its user."""

import os
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from harness import eventually
from localstack.accounts import database_account
from localstack.ports import free_port
from localstack.settings import environment
from localstack.web import HTTP

STOP_SECONDS = 30


def core_limits(pid: int) -> tuple[str, str]:
    """How large a core dump may get: now, and at most."""
    for line in Path(f"/proc/{pid}/limits").read_text(encoding="ascii").splitlines():
        if line.startswith("Max core file size"):
            return tuple(line.split()[4:6])
    raise AssertionError("the system names no such limit")


def owner(pid: int) -> int:
    """Whose memory the system says it is: root's, where no other process of the same user may read it."""
    return Path(f"/proc/{pid}/environ").stat().st_uid


def test_no_service_leaves_a_core_dump(harness):
    if core_limits(os.getpid())[1] == "0":
        pytest.skip("whoever starts the services forbids core dumps already")
    services = harness.stack_file["services"]
    limits = {name: core_limits(service["pid"]) for name, service in services.items()}
    print(f"figure: {len(limits)} processes, {sum(limit != ('0', '0') for limit in limits.values())} may leave a core dump")
    assert set(limits.values()) == {("0", "0")}, limits
    # Under root this says nothing: everything is root's there.
    assert all(owner(service["pid"]) == 0 for service in services.values())
    for log in harness.stack.layout.logs.glob("*.log"):
        assert "core dumps could not be switched off" not in log.read_text(errors="replace"), log.name


def test_no_other_process_of_its_user_reads_a_services_memory(harness):
    """With an account that root lends, since root may read everything: the practice provider, which needs no keys."""
    account = database_account()
    if not account.can_reach(harness.binaries):
        pytest.skip("the account that root lends cannot reach the executables")
    plan = harness.running.plan
    practice = replace(plan.of("sandbox")[0], port=free_port([]))
    with (
        running(account, [harness.binaries / "sandbox"], environment(plan, practice)) as service,
        running(account, ["sleep", "600"], {"PATH": os.environ["PATH"]}) as other,
    ):
        eventually(lambda: answers(f"{practice.url}/readyz"), what="the practice provider")
        assert owner(other) == (os.geteuid() if account.uid is None else account.uid)
        assert may_read(account, other), "an ordinary process may be read by another one of its user"
        assert owner(service) == 0
        assert not may_read(account, service)


@contextmanager
def running(account, arguments: list, variables: dict[str, str]):
    """A process of an account; its id."""
    process = subprocess.Popen(
        arguments, env=variables, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **account.run_arguments
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def may_read(account, pid: int) -> bool:
    done = subprocess.run(
        ["cat", f"/proc/{pid}/environ"], cwd="/", capture_output=True, check=False, **account.run_arguments
    )
    return done.returncode == 0


def answers(url: str) -> bool:
    try:
        return HTTP().get(url).status == 200
    except OSError:
        return False
