"""Processor time and memory of running processes, from /proc."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid: int) -> float:
    """User and system time of one process with all its threads."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS


def family_seconds(pid: int) -> float:
    """The same with its children, those that have ended included: a PostgreSQL server."""
    fields = _stat(pid)
    total = sum(int(field) for field in fields[11:15]) / _TICKS
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            child = _stat(int(folder.name))
        except OSError:
            continue  # It has ended since the folder was listed.
        if int(child[1]) == pid:
            total += (int(child[11]) + int(child[12])) / _TICKS
    return total


def memory_megabytes(pid: int) -> tuple[float, float]:
    """Anonymous and resident memory, in 10^6 bytes."""
    values = {}
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        name, _, rest = line.partition(":")
        if name in ("RssAnon", "VmRSS"):
            values[name] = int(rest.split()[0]) * 1024 / 1e6
    return values["RssAnon"], values["VmRSS"]


def postmaster(data: Path) -> int:
    """The PostgreSQL server of a stack's data folder."""
    return int(((data / "postgres").resolve() / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])


def _stat(pid: int) -> list[str]:
    """The fields from the state on (field 3 of proc_pid_stat(5)); the name before them may hold spaces."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
