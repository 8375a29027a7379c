"""The PostgreSQL client beside pgbench: rows by primary key, one socket, same statement, same format."""

import json
import re
import resource
import shutil
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localstack.cluster import Cluster, find_binaries
from localstack.errors import StackError
from localstack.layout import Layout, write_private
from localstack.sql import Server

from . import limits, processes
from .limits import at_least, at_most
from .processes import postmaster
from .table import Figure, milliseconds, rate, ratio

_DATABASE = "bench"
_STATEMENT = "SELECT payload FROM item WHERE id = :id;"
_KEY = f"\\set id random(1, {limits.ROWS})"
_TABLE = f"""
CREATE TABLE item (id bigint PRIMARY KEY, payload text NOT NULL);
INSERT INTO item SELECT id, rpad(md5(id::text), {limits.PAYLOAD_BYTES}, md5((-id)::text)) FROM
  generate_series(1, {limits.ROWS}) AS id;
VACUUM (ANALYZE, FREEZE) item;
CHECKPOINT;
"""


@dataclass(frozen=True)
class Point:
    """One measured run."""

    per_second: float
    p99: float | None
    # Microseconds of processor time per query.
    client: float
    server: float


class PostgresBenchmark:
    """Runs against a PostgreSQL server of its own, in the folder of the layout."""

    def __init__(self, layout: Layout, binaries: Path):
        self._layout = layout
        self._program = binaries / "lanyard-bench"
        self._cluster = Cluster(layout)

    def run(self, say: Callable[[str], None]) -> list[Figure]:
        self._layout.create()
        administrator = self._cluster.start()
        try:
            return self._measure(administrator, say)
        finally:
            self._cluster.stop(erase=True)

    def _measure(self, administrator: Server, say: Callable[[str], None]) -> list[Figure]:
        administrator.run(f"CREATE DATABASE {_DATABASE};")
        server = administrator.acting_as(administrator.user, administrator.password, _DATABASE)
        server.run(_TABLE)
        url_file = self._layout.secrets / "bench.url"
        write_private(url_file, server.url + "\n")
        server_pid = postmaster(self._layout.data)
        ours = {callers: [] for callers in limits.CALLERS}
        single, eight, pipelined = [], [], []
        for number in range(1, limits.ROUNDS + 1):
            say(f"PostgreSQL client, round {number} of {limits.ROUNDS}")
            single.append(self._pgbench(server, server_pid, 1, 1))
            ours[1].append(self._client(url_file, server_pid, 1))
            eight.append(self._pgbench(server, server_pid, limits.PGBENCH_CLIENTS, limits.PGBENCH_THREADS))
            for callers in limits.CALLERS[1:]:
                ours[callers].append(self._client(url_file, server_pid, callers))
            pipelined.append(
                self._pgbench(
                    server, server_pid, limits.PGBENCH_CLIENTS, limits.PGBENCH_THREADS, limits.PIPELINE_LENGTH)
            )
        return _figures(ours, single, eight, pipelined)

    def _client(self, url_file: Path, server_pid: int, callers: int) -> Point:
        done = subprocess.run(
            [
                self._program, "postgres", "--database-url-file", url_file, "--callers", str(callers),
                "--seconds", str(limits.POINT_SECONDS), "--rows", str(limits.ROWS), "--server", str(server_pid),
            ],
            capture_output=True, text=True, check=False, timeout=limits.POINT_SECONDS + limits.GRACE_SECONDS,
        )
        if done.returncode != 0:
            raise StackError(f"lanyard-bench postgres failed:\n{done.stderr.strip()}")
        found = json.loads(done.stdout)
        return Point(
            found["queriesPerSecond"], found["p99Milliseconds"], found["clientMicroseconds"],
            found["serverMicroseconds"],
        )

    def _pgbench(self, server: Server, server_pid: int, clients: int, threads: int, pipeline: int = 1) -> Point:
        script = self._layout.data / f"select-{pipeline}.sql"
        lines = [_KEY, _STATEMENT] * pipeline
        if pipeline > 1:
            lines = ["\\startpipeline", *lines, "\\endpipeline"]
        script.write_text("\n".join(lines) + "\n", encoding="utf-8")
        server_before, own_before = processes.family_seconds(server_pid), _children_seconds()
        done = subprocess.run(
            [
                _pgbench_program(), "-n", "-M", "prepared", "-c", str(clients), "-j", str(threads),
                "-T", str(limits.POINT_SECONDS), "-f", script,
            ],
            env=server.environment, capture_output=True, text=True, check=False,
            timeout=limits.POINT_SECONDS + limits.GRACE_SECONDS,
        )
        if done.returncode != 0:
            raise StackError(f"pgbench failed:\n{done.stderr.strip()}")
        own = _children_seconds() - own_before
        served = processes.family_seconds(server_pid) - server_before
        count = int(re.search(r"actually processed: (\d+)", done.stdout)[1]) * pipeline
        per_second = float(re.search(r"tps = ([\d.]+)", done.stdout)[1]) * pipeline
        return Point(per_second, None, own / count * 1e6, served / count * 1e6)


def _pgbench_program() -> str:
    beside = find_binaries() / "pgbench"
    found = str(beside) if beside.exists() else shutil.which("pgbench")
    if found is None:
        raise StackError("pgbench is not installed. Install it: sudo apt-get install postgresql-contrib")
    return found


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _figures(ours: dict[int, list[Point]], single, eight, pipelined) -> list[Figure]:
    figures = []
    for callers, points in ours.items():
        reference, name = (single, "pgbench -c 1") if callers == 1 else (eight, "pgbench -c 8")
        # Ours and the reference of one round ran side by side: the ratio is taken per round, then the middle.
        value = statistics.median(a.per_second / b.per_second for a, b in zip(points, reference))
        rates = f"{rate(_middle(points).per_second)}, p99 {milliseconds(_middle(points).p99)}"
        bar = limits.CLIENT_BARS.get(callers)
        figures.append(
            ratio(
                f"PostgreSQL client, {_callers(callers)}", rates, f"{name} {rate(_middle(reference).per_second)}",
                value, at_least(bar) if bar else None,
            )
        )
    for callers in limits.CALLERS[1:]:
        point, beside = _middle(ours[callers]), _middle(eight)
        figures.append(
            Figure(
                f"  processor time per query, {callers} callers",
                f"client {point.client:.1f} + server {point.server:.1f} µs",
                f"pgbench {beside.client:.1f} + {beside.server:.1f} µs", point.client + point.server,
                f"{point.client + point.server:.1f} µs", at_most(limits.PROCESSOR_BAR),
            )
        )
    most = _middle(pipelined)
    figures.append(
        ratio(
            "  the limit: pgbench's own pipelining", f"128 callers {rate(_middle(ours[128]).per_second)}",
            f"pgbench, {limits.PIPELINE_LENGTH} per pipeline {rate(most.per_second)}",
            statistics.median(a.per_second / b.per_second for a, b in zip(ours[128], pipelined)),
        )
    )
    return figures


def _callers(count: int) -> str:
    return "1 caller" if count == 1 else f"{count} callers"


def _middle(points: list[Point]) -> Point:
    return sorted(points, key=lambda point: point.per_second)[len(points) // 2]


