"""A replica is killed while calls run: each call succeeds or fails so that its client can tell, and none is executed twice."""

import http.client
import itertools
import os
import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from localstack.api import API
from localstack.errors import StackError
from localstack.tools import Tools, text

CALLS = 500
AT_ONCE = 16
# Each has to be known, allowed and given a token anew: the services behind the gateway have work all the time.
SESSIONS = 50
KILL_AFTER = 100
# Begin once the replica is dead, however fast the others were.
LATE = 100


@pytest.fixture(scope="module")
def place(world):
    """A server that remembers every call, and a member who is connected to it."""
    organization = world.harness.organization()
    server = world.add(organization, "Server", world.protected[2].url, world.oauth(organization))
    world.connect(world.member(organization, "maya"), server, "ada")
    return organization, server


@pytest.mark.parametrize("service", ["vault", "policy", "gateway"])
def test_no_call_is_lost_or_done_twice_when_a_replica_is_killed(world, place, service):
    organization, server = place
    members = [world.member(organization, "maya") for _ in range(SESSIONS)]
    callers = [
        Tools(API(gateway, member.token), server["id"])
        for member, gateway in zip(members, itertools.cycle(world.gateways))
    ]
    ended = itertools.count(1)
    is_time, is_dead = threading.Event(), threading.Event()

    def call(number: int) -> tuple[str, bool]:
        """How the call ended, and whether it began after the kill."""
        if number >= CALLS - LATE:
            is_dead.wait()
        began_after = is_dead.is_set()
        outcome = attempt(callers[number % SESSIONS], f"{service} {number}")
        if next(ended) == KILL_AFTER:
            is_time.set()
        return outcome, began_after

    victim = world.replica(service, 2)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        running = [threads.submit(call, number) for number in range(CALLS)]
        is_time.wait()
        # At once, while calls run; what is left of it is cleared away afterwards.
        os.kill(world.harness.running.pids[victim.name], signal.SIGKILL)
        is_dead.set()
        world.harness.stack.processes.stop([victim.name], kill=True)
        outcomes = [future.result() for future in running]
    world.start(victim)
    executed = Counter(seen["text"] for seen in world.protected[2].calls("echo"))
    done = [executed[f"{service} {number}"] for number in range(CALLS)]
    ends = Counter(outcome for outcome, _ in outcomes)
    twice = sum(count > 1 for count in done)
    print(f"figure: {service} replica killed during {CALLS} calls: {dict(ends)}, {twice} executed twice")
    assert set(ends) <= {"succeeded", "told", "refused"}
    assert twice == 0
    for (outcome, _), count in zip(outcomes, done, strict=True):
        assert count == 1 or outcome != "succeeded"
    assert any(outcome == "succeeded" and late for outcome, late in outcomes), "the other replica does not carry on"


def attempt(caller: Tools, marker: str) -> str:
    try:
        result = caller.call("echo", text=marker)
    except StackError:
        return "told"
    except (OSError, http.client.HTTPException) as error:
        return "silence" if isinstance(getattr(error, "reason", error), TimeoutError) else "refused"
    return "told" if result.get("isError") else "succeeded" if text(result) == marker else "wrong"
