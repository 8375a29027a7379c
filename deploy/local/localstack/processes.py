"""Starting and stopping processes that outlive the program that started them."""

import hashlib
import json
import os
import resource
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .errors import StackError

# A service drains for at most 20 s, unless it is told otherwise, and then cancels for 5 s; after that it is killed.
STOP_SECONDS = 30.0
_POLL_SECONDS = 0.05
_LOG_TAIL_LINES = 15
# Fields of /proc/<pid>/stat by proc(5), counted from the one after the name: the third and the twenty-second of all.
_STATE = 0
_START_TICKS = 19
# A zombie, and one that is just going.
_DEAD = ("Z", "X")
_BOOT_FILE = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Command:
    """One process to run."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    log: Path

    @property
    def digest(self) -> str:
        """Tells whether a process was started just so, without writing down what it was told."""
        file = Path(self.arguments[0]).stat()
        told = [self.arguments, self.environment, file.st_size, file.st_mtime_ns]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def started_at(pid: int) -> str | None:
    """When the process with this id began, or None when there is none. Tells a reused id from the one we started."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The second field is the program's name, in brackets, and may hold spaces and brackets itself.
    fields = text.rpartition(")")[2].split()
    if fields[_STATE] in _DEAD:
        return None
    # The ticks count from the start of the machine, which may have been started again since.
    return f"{_BOOT_FILE.read_text(encoding='ascii').strip()} {fields[_START_TICKS]}"


class ProcessTable:
    """The processes of one stack, remembered in a folder of small files."""

    def __init__(self, folder: Path):
        self._folder = folder
        # Children inherit it: a thousand callers at once need more than the usual 1,024 files.
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        # Processes that this program started itself: reaped here, so that they do not stay as zombies.
        self._children: dict[str, subprocess.Popen] = {}

    def start(self, command: Command) -> int:
        """Starts a process in its own session; its output goes to its log. Returns its id."""
        with open(command.log, "ab") as log:
            child = subprocess.Popen(
                command.arguments,
                env=command.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._children[command.name] = child
        record = {
            "pid": child.pid, "startedAt": started_at(child.pid), "log": str(command.log), "command": command.digest,
        }
        self._file(command.name).write_text(json.dumps(record), encoding="utf-8")
        return child.pid

    def running(self) -> dict[str, int]:
        """The names and ids of the processes that live."""
        alive = {}
        for file in sorted(self._folder.glob("*.json")):
            record = json.loads(file.read_text(encoding="utf-8"))
            self._reap(file.stem)
            if record["startedAt"] is not None and started_at(record["pid"]) == record["startedAt"]:
                alive[file.stem] = record["pid"]
        return alive

    def running_as(self, command: Command) -> int | None:
        """The id of the process if it runs, and was started with these very arguments and settings."""
        pid = self.running().get(command.name)
        if pid is None:
            return None
        record = json.loads(self._file(command.name).read_text(encoding="utf-8"))
        return pid if record.get("command") == command.digest else None

    def require_alive(self, name: str) -> None:
        """Raises with the end of the log when the process has died."""
        child = self._children.get(name)
        if child is not None and child.poll() is None:
            return
        if child is None and name in self.running():
            return
        log = Path(json.loads(self._file(name).read_text(encoding="utf-8"))["log"])
        code = "" if child is None else f" with exit code {child.returncode}"
        raise StackError(f"{name} stopped{code}. The end of {log}:\n{tail(log)}")

    def stop(self, names: list[str] | None = None, kill: bool = False) -> list[str]:
        """Asks the processes to stop, all at once, and waits; kills what does not. Returns the names that were stopped."""
        alive = {name: pid for name, pid in self.running().items() if names is None or name in names}
        for pid in alive.values():
            _send(pid, signal.SIGKILL if kill else signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        remaining = dict(alive)
        while remaining and time.monotonic() < deadline:
            living = self.running()
            remaining = {name: pid for name, pid in remaining.items() if name in living}
            if remaining:
                time.sleep(_POLL_SECONDS)
        for pid in remaining.values():
            _send(pid, signal.SIGKILL)
        for name in remaining:
            self._reap(name, wait=True)
        for file in self._folder.glob("*.json"):
            if names is None or file.stem in names:
                file.unlink(missing_ok=True)
        return sorted(alive)

    def _reap(self, name: str, wait: bool = False) -> None:
        child = self._children.get(name)
        if child is not None:
            child.wait() if wait else child.poll()

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def tail(log: Path, lines: int = _LOG_TAIL_LINES) -> str:
    """The last lines of a log."""
    if not log.exists():
        return "  (no log)"
    text = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    return "\n".join("  " + line for line in text) or "  (empty)"


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
