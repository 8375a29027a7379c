"""Requests of every kind with ids of three organizations mixed: nothing of somebody else's is seen, and nothing is changed.

A run of `make test` makes 2,000 requests; LANYARD_CROSS_TENANT_REQUESTS asks for another number.
"""

import os
import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import yaml
from harness import Harness, eventually

from rules.conftest import REPOSITORY
from rules.tenants import MCP_HEADERS, Estate, Requests, estate

REQUESTS = int(os.environ.get("LANYARD_CROSS_TENANT_REQUESTS", "2000"))
ORGANIZATIONS = 3
# As many as keep two cores busy.
THREADS = 8
SETTLE_SECONDS = 120
# Of all requests: more, and what was asked would not have been looked at.
MOST_TURNED_AWAY = 0.05


def routes() -> list[tuple[str, str]]:
    """Every route that takes a caller's credential, from the description that is held equal to the route table."""
    document = yaml.safe_load((REPOSITORY / "docs" / "openapi" / "gateway.yaml").read_text(encoding="utf-8"))
    return [
        (method.upper(), path) for path, operations in document["paths"].items() if path.startswith(("/v1/", "/mcp"))
        for method in operations if method in ("get", "post", "put", "patch", "delete")
    ]


def rows(harness: Harness, organization: str) -> dict[str, str]:
    """A digest of an organization's rows in each table of both databases. When a Connection was used last is written late, and left out."""
    found = {}
    for name in ("policy", "vault"):
        server = harness.running.server.acting_as(harness.running.server.user, harness.running.server.password, name)
        lines = server.run(
            "SELECT table_name || '=' || (xpath('/row/digest/text()', query_to_xml(format("
            "'SELECT md5(coalesce(string_agg(r, '','' ORDER BY r), '''')) AS digest"
            " FROM (SELECT (to_jsonb(t) - ''last_used_at'')::text AS r FROM %I t"
            f" WHERE organization_id = ''{organization}'') AS known', table_name), false, true, '')))[1]::text"
            " FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'organization_id';")
        found |= {f"{name}.{line.partition('=')[0]}": line.partition("=")[2] for line in lines.splitlines()}
    return found


def settled(harness: Harness, estates: list[Estate]) -> list[dict[str, str]]:
    """The rows once nothing is under way any more: jobs have ended, and late notes are written."""
    last: list = []

    def same() -> list:
        nonlocal last
        now = [rows(harness, each.tenant.organization.id) for each in estates]
        last, before = now, last
        return now if now == before else []

    return eventually(same, SETTLE_SECONDS, "quiet in the databases")


def test_nobody_sees_or_changes_what_belongs_to_others(world):
    harness, table = world.harness, routes()
    estates = [estate(world) for _ in range(ORGANIZATIONS)]
    statuses: Counter[int] = Counter()
    leaks: list[str] = []
    asked: set[tuple[str, str]] = set()
    seed = secrets.randbits(32)
    for number, mine in enumerate(estates):
        others = [each for each in estates if each is not mine]
        mixed = Requests(mine, others, table, seed + number)
        asked |= set(mixed.routes)
        batch = [mixed.next() for _ in range(-(-REQUESTS // ORGANIZATIONS))]
        before = settled(harness, others)

        def send(request) -> None:
            who, method, target, body = request
            headers = MCP_HEADERS if target.startswith("/mcp/") else None
            answer = mine.callers[who].raw(method, target, body, headers=headers)
            statuses[answer.status] += 1
            found = mixed.leaked(target, body, answer.text)
            if found:
                leaks.append(f"{who} {method} {target} {answer.status}: {found[:3]}")

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(send, batch))
        after = settled(harness, others)
        changed = [name for old, new in zip(before, after, strict=True) for name in old if old[name] != new[name]]
        assert changed == [], f"rows of others changed (seed {seed})"
    total = sum(statuses.values())
    print(f"figure: {total} requests with ids of {ORGANIZATIONS} organizations mixed over {len(asked)} routes, by status "
          f"{dict(sorted(statuses.items()))}: {len(leaks)} with foreign rows, 0 foreign changes")
    assert leaks == [], f"seed {seed}"
    assert not any(status >= 500 for status in statuses), f"{statuses} (seed {seed})"
    assert statuses[429] <= total * MOST_TURNED_AWAY
    # The mix is one: some of it is allowed, most of it is not.
    assert statuses[200] and statuses[403] and statuses[404] and statuses[400]
