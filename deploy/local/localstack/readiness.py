"""Waiting until every service says that it is ready."""

import time

from .errors import StackError
from .processes import ProcessTable
from .settings import Instance
from .web import HTTP

# A debug build among many on a busy machine takes a while; one that dies is noticed at once.
READY_SECONDS = 60.0
_PROBE_SECONDS = 2.0
_POLL_SECONDS = 0.05


def wait_until_ready(instances: list[Instance], processes: ProcessTable, seconds: float = READY_SECONDS) -> None:
    """Returns when all answer 200 on /readyz. Raises at once when one dies, and after the deadline with who is late."""
    http = HTTP()
    waiting = {instance.name: instance for instance in instances}
    said: dict[str, str] = {}
    deadline = time.monotonic() + seconds
    while waiting:
        for name, instance in list(waiting.items()):
            processes.require_alive(name)
            said[name] = _probe(http, instance)
            if said[name] == "ready":
                del waiting[name]
        if waiting and time.monotonic() > deadline:
            late = ", ".join(f"{name} ({said[name]})" for name in waiting)
            raise StackError(f"Not ready after {seconds:.0f} s: {late}. See the logs.")
        if waiting:
            time.sleep(_POLL_SECONDS)


def _probe(http: HTTP, instance: Instance) -> str:
    base = instance.url if instance.service == "sandbox" else instance.metrics_url
    try:
        answer = http.get(f"{base}/readyz", timeout=_PROBE_SECONDS)
    except OSError:
        return "does not answer"
    return "ready" if answer.status == 200 else f"{answer.status} {answer.text[:200]}"
