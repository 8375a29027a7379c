"""Keys, certificates and the first organization, all made by the `lanyard` command."""

import json
import subprocess
from pathlib import Path

from .databases import Database
from .errors import StackError
from .layout import Layout
from .ports import LOOPBACK

_COMMAND_SECONDS = 60


class CommandLine:
    """The `lanyard` command of one build."""

    def __init__(self, binaries: Path):
        self._program = binaries / "lanyard"

    def make_keys(self, layout: Layout) -> None:
        """Root key, journal keys, service keys, CA and certificates. Never again: they open what is stored."""
        if (layout.keys / "keyring.json").exists():
            return
        self._run("init", "--directory", str(layout.keys), "--host", LOOPBACK, "--host", "localhost")

    def migrate(self, service: str, database: Database) -> None:
        self._run("migrate", "--service", service, "--database-url-file", str(database.owner_url_file))

    def create_organization(self, name: str, database: Database) -> dict:
        """A new organization and its API key, which is shown this once."""
        answer = self._run(
            "organizations", "create", "--name", name, "--database-url-file", str(database.owner_url_file)
        )
        return json.loads(answer)

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [self._program, *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
            timeout=_COMMAND_SECONDS,
        )
        if done.returncode != 0:
            raise StackError(f"lanyard {arguments[0]} failed:\n{done.stderr.strip()}")
        return done.stdout
