"""Free ports on loopback, kept between runs so that bookmarks stay good."""

import random
import socket
from collections.abc import Iterable
from pathlib import Path

from .errors import StackError

LOOPBACK = "127.0.0.1"
# What Linux gives to outgoing connections, and to whoever asks for just any port, begins here unless it is told otherwise.
_FIRST_GIVEN_AWAY = 32_768
_RANGE_FILE = Path("/proc/sys/net/ipv4/ip_local_port_range")
# Enough below it for many stacks at once, and above the ports that well-known servers listen on.
_COUNT = 16_000
# What this program was given before: it may not listen there yet.
_chosen: set[int] = set()


def _candidates() -> range:
    """The ports that the system gives to nobody by itself: one that is chosen now is still free when a server begins to listen on it."""
    try:
        first = int(_RANGE_FILE.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        first = _FIRST_GIVEN_AWAY
    end = first if first > _COUNT + 1024 else _FIRST_GIVEN_AWAY
    return range(end - _COUNT, end)


def is_free(port: int) -> bool:
    """Whether a server could listen on the port right now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port(taken: Iterable[int]) -> int:
    """A port that nobody listens on, that is not in `taken`, and that this program was not given before."""
    avoid, candidates = {*taken, *_chosen}, _candidates()
    while True:
        port = random.choice(candidates)
        if port not in avoid and is_free(port):
            _chosen.add(port)
            return port


def refuse_taken(name: str, port: int, ours: Iterable[int]) -> None:
    """A port that was asked for must be free, or listened on by a process of ours."""
    if port not in ours and not is_free(port):
        raise StackError(f"Port {port} for {name} is in use: stop what listens there, or choose another.")


def assign(
    names: Iterable[str], remembered: dict[str, int], fixed: dict[str, int], held: Iterable[int] = ()
) -> dict[str, int]:
    """One port per name: the fixed one, else the one it had before if that is still free, else any free one.

    Processes of ours listen on the `held` ones: they give them up, or are who is meant.
    """
    ours = set(held)
    assigned: dict[str, int] = {}
    for name in names:
        if name in fixed:
            refuse_taken(name, fixed[name], ours)
            assigned[name] = fixed[name]
            continue
        before = remembered.get(name)
        taken = {*assigned.values(), *fixed.values()}
        if before is not None and before not in taken and (before in ours or is_free(before)):
            assigned[name] = before
        else:
            assigned[name] = free_port([*assigned.values(), *remembered.values(), *fixed.values()])
    return assigned
