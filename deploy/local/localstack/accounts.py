"""The unprivileged account that PostgreSQL needs when the stack is started by root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .errors import StackError

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A user to run as, or nobody in particular: the one who started the stack."""

    name: str | None = None
    uid: int | None = None
    gid: int | None = None

    @property
    def run_arguments(self) -> dict:
        """What `subprocess` needs to run something as this account."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        if self.uid is not None:
            os.chown(path, self.uid, self.gid)

    def can_reach(self, folder: Path) -> bool:
        """Whether the account may enter the folder."""
        if self.uid is None:
            return True
        return subprocess.run(["test", "-x", str(folder)], check=False, cwd="/", **self.run_arguments).returncode == 0


def database_account() -> Account:
    """PostgreSQL refuses to run as root: root lends it another account, everyone else uses their own."""
    if os.geteuid() != 0:
        return Account()
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise StackError("PostgreSQL does not run as root and there is no user postgres or nobody: start as another user.")
