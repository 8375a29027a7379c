"""What a service needs when it does nothing, and how soon it is ready."""

import time
from collections.abc import Callable
from pathlib import Path

from localstack.errors import StackError
from localstack.stack import Stack, RunningStack
from localstack.web import HTTP

from . import limits, processes
from .limits import at_most
from .table import Figure

_POLL_SECONDS = 0.002
_PROBE_SECONDS = 1.0
_DEADLINE_SECONDS = 20.0


def run(stack: Stack, running: RunningStack, binaries: Path, say: Callable[[str], None]) -> list[Figure]:
    """Restarts one service after the other while the others run."""
    figures = []
    for instance in running.plan.instances:
        say(f"Idle {instance.name}")
        stack.processes.stop([instance.name])
        begin = time.monotonic()
        pid = stack.start_instance(running.plan, instance, binaries)
        base = instance.url if instance.service == "sandbox" else instance.metrics_url
        ready = _wait(f"{base}/readyz") - begin
        time.sleep(limits.IDLE_SECONDS)
        anonymous, resident = processes.memory_megabytes(pid)
        running.pids[instance.name] = pid
        is_deployed = instance.service != "sandbox"
        memory_bar = at_most(limits.ANONYMOUS_BAR) if is_deployed else None
        ready_bar = at_most(limits.READY_BAR) if is_deployed else None
        figures.append(
            Figure(
                f"{instance.name}: anonymous memory", f"{anonymous:.1f} MB", f"resident {resident:.1f} MB", anonymous,
                f"{anonymous:.1f} MB", memory_bar,
            )
        )
        figures.append(
            Figure(
                f"{instance.name}: ready", f"{ready:.2f} s", "from exec to 200 on /readyz", ready, f"{ready:.2f} s",
                ready_bar,
            )
        )
    return figures


def _wait(url: str) -> float:
    http = HTTP()
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while time.monotonic() < deadline:
        try:
            if http.get(url, timeout=_PROBE_SECONDS).status == 200:
                return time.monotonic()
        except OSError:
            pass  # It does not listen yet.
        time.sleep(_POLL_SECONDS)
    raise StackError(f"{url} was not ready within {_DEADLINE_SECONDS:.0f} s.")
