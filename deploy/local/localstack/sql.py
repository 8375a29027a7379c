"""Talking to PostgreSQL through psql, as the administrator."""

import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, quote, unquote, urlsplit

from .errors import StackError

_CONNECT_SECONDS = 10
_STATEMENT_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """How to reach a PostgreSQL server, and as whom."""

    host: str
    port: int
    user: str
    password: str
    database: str = "postgres"

    @staticmethod
    def parse(url: str) -> "Server":
        """Reads `postgres://user:password@host:port/database`, or `?host=/folder` for a unix socket."""
        parts = urlsplit(url)
        if parts.scheme not in ("postgres", "postgresql"):
            raise StackError("DATABASE_URL must begin with postgres://")
        query = parse_qs(parts.query)
        return Server(
            host=query.get("host", [unquote(parts.hostname or "localhost")])[0],
            port=int(query.get("port", [parts.port or 5432])[0]),
            user=unquote(parts.username or query.get("user", ["postgres"])[0]),
            password=unquote(parts.password or ""),
            database=unquote(parts.path.lstrip("/")) or "postgres",
        )

    def acting_as(self, user: str, password: str, database: str) -> "Server":
        return replace(self, user=user, password=password, database=database)

    @property
    def url(self) -> str:
        """The connection URL, password included: for files of mode 0600 only."""
        account = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        database = quote(self.database, safe="")
        if self.host.startswith("/"):
            return f"postgres://{account}@/{database}?host={quote(self.host, safe='')}&port={self.port}"
        return f"postgres://{account}@{self.host}:{self.port}/{database}"

    @property
    def environment(self) -> dict[str, str]:
        """What libpq's programs need. A password in the environment is not visible in the list of processes."""
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.database,
            "PGCONNECT_TIMEOUT": str(_CONNECT_SECONDS),
        }

    def run(self, statements: str) -> str:
        """Runs SQL, each statement on its own, and returns the unaligned output. Stops at the first error."""
        program = shutil.which("psql")
        if program is None:
            raise StackError("psql is not installed. Install it: sudo apt-get install postgresql-client")
        done = subprocess.run(
            [program, "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set", "ON_ERROR_STOP=1", "--file", "-"],
            input=statements, env=self.environment, capture_output=True, text=True, check=False,
            timeout=_STATEMENT_SECONDS,
        )
        if done.returncode != 0:
            raise StackError(f"PostgreSQL at {self.host}:{self.port} refused: {done.stderr.strip()}")
        return done.stdout.strip()


def literal(text: str) -> str:
    """A string constant. For values of our own making in role statements, which take no parameters."""
    return "'" + text.replace("'", "''") + "'"
