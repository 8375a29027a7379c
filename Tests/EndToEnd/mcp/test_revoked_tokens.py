"""A revocation that was acknowledged has taken effect: no gateway makes another call with the token that it held."""

import itertools
import threading
import time

from harness import Pace, eventually
from localstack.api import API
from localstack.errors import StackError
from localstack.tools import Tools, text

REVOCATIONS = 20
CALLERS = 4
# Calls that each caller makes after the acknowledgement, so that every replica is asked again.
CALLS_AFTER = 5
# A replica that did not make the revocation hears of it by the feed: the promise for every change.
EVERYWHERE_SECONDS = 1.0


def test_no_call_is_made_with_a_revoked_token(world):
    organization = world.harness.organization()
    server = world.add(organization, "Server", world.protected[2].url, world.oauth(organization))
    reached, refused, late, worst, pace = 0, 0, {"same": [], "other": []}, [], Pace()
    for number in range(REVOCATIONS):
        member = world.member(organization, f"revoked-{number}")
        world.connect(member, server, "grace")
        (connection,) = member.api.call("GET", "/v1/connections")["items"]
        work = Work(world, member.token, server, f"revocation {number}", pace)
        eventually(lambda: work.succeeded >= 2 * CALLERS, what="calls with the token")
        member.api.call("DELETE", f"/v1/connections/{connection['id']}")
        acknowledged = time.time()
        work.finish()
        seen = [call for call in world.protected[2].calls("echo") if call["text"] in work.begun]
        assert len(seen) >= work.succeeded
        worst.append(0.0)
        for call in seen:
            began, replica = work.begun[call["text"]]
            if began > acknowledged:
                late["other" if replica else "same"].append(call["at"] - acknowledged)
                worst[-1] = max(worst[-1], call["at"] - acknowledged)
        reached += len(seen)
        refused += work.refused
    verdict = pace.judge(worst, EVERYWHERE_SECONDS)
    print(
        f"figure: {REVOCATIONS} revocations during {reached} calls at {len(world.gateways)} gateways; begun after the"
        f" acknowledgement and sent with the old token: {len(late['same'])} by the gateway that gave it,"
        f" {len(late['other'])} by the other one; {refused} refused; the last such call: {verdict.text}")
    assert refused >= REVOCATIONS * CALLERS
    assert not late["same"]
    assert verdict.kept, verdict.text


class Work:
    """Callers that call one after the other, at both gateways, until a while after the revocation."""

    def __init__(self, world, token: str, server: dict, name: str, pace: Pace):
        self._pace = pace
        self.succeeded = self.refused = 0
        # When each call began and at which replica, by what it says.
        self.begun: dict[str, tuple[float, int]] = {}
        self._name = name
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._numbers = itertools.count(1)
        self._threads = [
            threading.Thread(target=self._call, args=(Tools(API(gateway, token), server["id"]), replica))
            for replica, gateway in itertools.islice(itertools.cycle(enumerate(world.gateways)), CALLERS)
        ]
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _call(self, tools: Tools, replica: int) -> None:
        after = 0
        while after < CALLS_AFTER:
            after += self._is_over.is_set()
            marker = f"{self._name}, {next(self._numbers)}"
            self.begun[marker] = (time.time(), replica)
            try:
                is_done = text(self._pace.timed(lambda marker=marker: tools.call("echo", text=marker))) == marker
            except StackError:
                is_done = False
            with self._lock:
                self.succeeded += is_done
                self.refused += not is_done
