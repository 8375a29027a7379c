"""The machine that the figures are from, and whether something else used it meanwhile."""

import os
import platform
import subprocess
from pathlib import Path

from localstack.cluster import find_binaries

_VERSION_SECONDS = 60


def describe() -> str:
    """One paragraph: cores, memory, kernel, versions, load before the run."""
    postgres = _first_line([find_binaries() / "postgres", "--version"]).replace("postgres (PostgreSQL)", "PostgreSQL")
    swift = _first_line(["swift", "--version"])
    one_minute = os.getloadavg()[0]
    busy = " (busy: other programs took part of the machine)" if one_minute > 0.5 * (os.cpu_count() or 1) else ""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {_memory_gigabytes():.0f} GB memory, {platform.system()} "
        f"{platform.release()}, {postgres}, {swift}; load average before the run {one_minute:.1f}{busy}. "
        "Load generators, services and PostgreSQL share the machine."
    )


def _first_line(command: list) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_VERSION_SECONDS)
    return (done.stdout.strip().splitlines() or ["version unknown"])[0]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _memory_gigabytes() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
