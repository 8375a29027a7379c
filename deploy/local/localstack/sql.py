"""Talking to PostgreSQL through psql, as the administrator."""

import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from .errors import StackError

_CONNECT_SECONDS = 30
_STATEMENT_SECONDS = 60
# What a URL may ask for; anything else would be dropped in silence.
_PARAMETERS = {"host", "port", "user", "sslmode", "sslrootcert"}


@dataclass(frozen=True)
class Server:
    """How to reach a PostgreSQL server, and as whom."""

    host: str
    port: int
    user: str
    password: str
    database: str = "postgres"
    # The file with the only authority that the server's certificate may come from; without it there is no TLS.
    authority_file: str | None = None

    @staticmethod
    def parse(url: str) -> "Server":
        """Reads `postgres://user:password@host:port/database`, or `?host=/folder` for a unix socket.

        TLS is `?sslmode=verify-full&sslrootcert=/file`, as the services read it.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("postgres", "postgresql"):
            raise StackError("DATABASE_URL must begin with postgres://")
        query = parse_qs(parts.query)
        unknown = sorted(query.keys() - _PARAMETERS)
        if unknown:
            raise StackError(f"DATABASE_URL has a parameter that is not known: {unknown[0]}")
        return Server(
            host=query.get("host", [unquote(parts.hostname or "localhost")])[0],
            port=int(query.get("port", [parts.port or 5432])[0]),
            user=unquote(parts.username or query.get("user", ["postgres"])[0]),
            password=unquote(parts.password or ""),
            database=unquote(parts.path.lstrip("/")) or "postgres",
            authority_file=_authority(query),
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
        url = f"postgres://{account}@{self.host}:{self.port}/{database}"
        if self.authority_file is None:
            return url
        return f"{url}?sslmode=verify-full&sslrootcert={quote(self.authority_file, safe='')}"

    @property
    def environment(self) -> dict[str, str]:
        """What libpq's programs need. A password in the environment is not visible in the list of processes."""
        tls = {"PGSSLMODE": "disable"}
        if self.authority_file is not None:
            tls = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": self.authority_file}
        return {
            **tls,
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


def _authority(query: dict[str, list[str]]) -> str | None:
    mode, file = (query.get(name, [None])[0] for name in ("sslmode", "sslrootcert"))
    if mode in (None, "disable"):
        return None
    if mode != "verify-full" or file is None:
        raise StackError("DATABASE_URL: sslmode must be disable, or verify-full with sslrootcert=/path/to/ca.pem.")
    if not Path(file).is_absolute():
        raise StackError("DATABASE_URL: sslrootcert must be an absolute path: services run in other folders.")
    return file


def literal(text: str) -> str:
    """A string constant. For values of our own making in role statements, which take no parameters."""
    return "'" + text.replace("'", "''") + "'"
