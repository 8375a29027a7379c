"""Whoever is removed stops everywhere at once: sessions, browsers, agents, tokens, running authorizations."""

import json
import os
import re
import threading
import time
from dataclasses import dataclass, field

from harness import Pace, application, eventually, sql
from localstack.api import API
from localstack.browser import Browser
from localstack.errors import StackError
from localstack.tools import Tools

from rules.conftest import refused_by

# `LANYARD_OFFBOARDINGS=20` for the figure that is promised.
LEAVERS = int(os.environ.get("LANYARD_OFFBOARDINGS", "6"))
CALLERS = 3
BOUND_SECONDS = 1.0
# A busy machine may take longer over single calls; the figure says how long, the bound judges.
PATIENCE_SECONDS = 60.0
# What each way in tries again once all have been closed.
LATE_ATTEMPTS = 5


@dataclass
class Way:
    """One way in. `enter` says whether it let the person through."""

    name: str
    enter: object
    begun: list[float] = field(default_factory=list)


def test_whoever_is_removed_stops_under_load(world, tenant):
    stays = [tenant.tools(tenant.member(f"stays-{number}"), number % 2) for number in range(CALLERS)]
    done, failures, pace = threading.Event(), [], Pace()
    load = [threading.Thread(target=_load, args=(tools, done, failures, pace)) for tools in stays]
    for thread in load:
        thread.start()
    seen, asked, late, revoked_before = [], 0.0, 0, world.party.revocations()
    try:
        for number in range(LEAVERS):
            leaver = Leaver(world, tenant, f"leaver-{number}")
            entries = leaver.leave().values()
            asked = max([asked, *(since_asked for since_asked, _ in entries)])
            seen.append(max(since_answered for _, since_answered in entries))
            late += sum(way.enter() for way in leaver.ways for _ in range(LATE_ATTEMPTS))
            leaver.expect_nothing_left()
    finally:
        done.set()
        for thread in load:
            thread.join()
    eventually(lambda: world.party.revocations() - revoked_before >= LEAVERS, what="the revocations at the provider")
    revoked = world.party.revocations() - revoked_before
    verdict = pace.judge(seen, BOUND_SECONDS)
    print(f"figure: {LEAVERS} people removed under load at {len(world.gateways)} gateways: the last entry began "
          f"{asked * 1000:.0f} ms after a removal was asked for; after the answers every way was closed for {verdict.text}; "
          f"{late} of {LEAVERS * len(leaver.ways) * LATE_ATTEMPTS} attempts afterwards let through, "
          f"{revoked} revocations at the provider")
    assert not failures, failures[:3]
    assert late == 0
    assert verdict.kept, verdict.text


class Leaver:
    """Somebody with every way in that there is."""

    def __init__(self, world, tenant, name: str):
        self._world, self._tenant, self.name = world, tenant, name
        member = tenant.member(name)
        self.id = tenant.user(member)
        self._application = application("leaving")
        self._auth = world.harness.connect(member, tenant.integration, world.party, self._application)
        self.flow = member.resolve(application("waiting"), integrationId=tenant.integration["id"])["flow"]["id"]
        agent = re.search(r"lym_[A-Za-z0-9_-]+", json.dumps(member.call("GET", "/v1/runtime/mcp-servers")))[0]
        browser = Browser()
        page = browser.open(tenant.organization.host.create_sign_in_link(name)["url"])
        browser.submit(page, page.forms[0])
        self._member = member
        self.ways = [
            way for number, gateway in enumerate(world.gateways) for way in (
                Way(f"tool {number}", self._tool(gateway, member._token)),
                Way(f"agent {number}", self._tool(gateway, agent)),
                Way(f"token {number}", lambda api=API(gateway, member._token): api.raw(
                    "POST", "/v1/auth/resolve", {"integrationId": tenant.integration["id"], "application": self._application}
                ).status < 400),
                Way(f"browser {number}", lambda gateway=gateway: browser.http.get(f"{gateway}/console/").status < 400),
            )]
        assert all(way.enter() for way in self.ways), "every way is open before"

    def _tool(self, gateway: str, token: str):
        tools = Tools(API(gateway, token), self._tenant.server["id"])

        def enter() -> bool:
            try:
                return refused_by(tools.call("echo", text="a")) is None
            except StackError:
                return False
        return enter

    def leave(self) -> dict[str, tuple[float, float]]:
        """By way in: seconds until the last entry began, since the removal was asked for and since it was answered."""
        removed = threading.Event()

        def knock(way: Way) -> None:
            while True:
                begun = time.monotonic()
                if way.enter():
                    way.begun.append(begun)
                elif removed.is_set():
                    return

        threads = [threading.Thread(target=knock, args=(way,)) for way in self.ways]
        for thread in threads:
            thread.start()
        asked = time.monotonic()
        self._tenant.organization.host.call("DELETE", f"/v1/users/{self.id}")
        answered = time.monotonic()
        removed.set()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()
        last = {way.name: max([0.0, *way.begun]) for way in self.ways}
        return {name: (max(0.0, begun - asked), max(0.0, begun - answered)) for name, begun in last.items()}

    def _all_revoked(self) -> bool:
        seen = self._tenant.owner.call("GET", f"/v1/connections?userId={self.id}&limit=10")["items"]
        return all(each["status"] == "revoked" for each in seen)

    def expect_nothing_left(self) -> None:
        harness = self._world.harness
        left = sql(harness, "policy", "SELECT (SELECT count(*) FROM session WHERE user_id = '{0}')"
                   " + (SELECT count(*) FROM browser_session WHERE user_id = '{0}')"
                   " + (SELECT count(*) FROM client_token WHERE user_id = '{0}')".format(self.id))
        assert left == "0"
        # The vault is told at once; where it did not answer in time, a moment later.
        eventually(lambda: sql(harness, "vault", f"SELECT status FROM flow WHERE id = '{self.flow}'") == "failed", what="the flow's end")
        # What stays to be seen: the person's Connections as revoked, and who removed them.
        eventually(self._all_revoked, what="the end of the leaver's Connections")
        rows = self._tenant.owner.call("GET", f"/v1/audit?action=user.removed&target={self.id}")["items"]
        assert len(rows) == 1 and rows[0]["actor"]["kind"] == "hostPlatform"


def _load(tools: Tools, done: threading.Event, failures: list[str], pace: Pace) -> None:
    while not done.is_set():
        result = pace.timed(lambda: tools.call("echo", text="load"))
        if refused_by(result) is not None:
            failures.append(str(result))
