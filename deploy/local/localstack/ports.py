"""Free ports on loopback, kept between runs so that bookmarks stay good."""

import socket
from collections.abc import Iterable

from .errors import StackError

LOOPBACK = "127.0.0.1"


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
    """A port that nobody listens on and that is not in `taken`."""
    avoid = set(taken)
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
            candidate.bind((LOOPBACK, 0))
            port = candidate.getsockname()[1]
        if port not in avoid:
            return port


def assign(names: Iterable[str], remembered: dict[str, int], fixed: dict[str, int]) -> dict[str, int]:
    """One port per name: the fixed one, else the one it had before if that is still free, else any free one."""
    assigned: dict[str, int] = {}
    for name in names:
        if name in fixed:
            if not is_free(fixed[name]):
                raise StackError(f"Port {fixed[name]} for {name} is in use: stop what listens there, or choose another.")
            assigned[name] = fixed[name]
            continue
        before = remembered.get(name)
        if before is not None and before not in assigned.values() and is_free(before):
            assigned[name] = before
        else:
            assigned[name] = free_port([*assigned.values(), *remembered.values(), *fixed.values()])
    return assigned
