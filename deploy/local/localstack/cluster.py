"""A PostgreSQL server of our own, in the data folder, reachable by a unix socket only."""

import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

from .accounts import Account, database_account
from .errors import StackError
from .layout import Layout, write_private
from .processes import tail
from .sql import Server

ADMINISTRATOR = "lanyard_admin"
# Only part of the socket's file name: the server does not listen on TCP.
SOCKET_PORT = 5432
_START_SECONDS = 60
# Two replicas of both services with their pools, the tests' own sessions and room to look around.
_MAX_CONNECTIONS = 200

_SETTINGS = {
    "listen_addresses": "''",
    "port": str(SOCKET_PORT),
    "max_connections": str(_MAX_CONNECTIONS),
    "shared_buffers": "128MB",
    # A token that was handed out must survive a power cut.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Bound values are ciphertexts, hashes and names: none of them belongs in a log.
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "password_encryption": "scram-sha-256",
}
_ACCESS = "local all all scram-sha-256\n"


def find_binaries() -> Path:
    """The folder with initdb and pg_ctl: the newest installed version."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if candidates:
        return candidates[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise StackError("PostgreSQL is not installed. Install it: sudo apt-get install postgresql (or set DATABASE_URL).")


class Cluster:
    """The server's life: created once, started and stopped with the stack."""

    def __init__(self, layout: Layout):
        self._layout = layout
        self._account = database_account()
        self._link = layout.data / "postgres"

    @property
    def server(self) -> Server:
        """How to reach the server as its administrator."""
        return Server(
            host=str(self._layout.socket_folder),
            port=SOCKET_PORT,
            user=ADMINISTRATOR,
            password=self._password_file.read_text(encoding="utf-8").strip(),
        )

    def start(self) -> Server:
        """Creates the cluster where there is none, and starts it unless it runs."""
        folder = self._folder()
        if not (folder / "PG_VERSION").exists():
            self._create(folder)
        self._prepare_socket_folder()
        if not self._is_running(folder):
            self._control(folder, "start", "-w", "-t", str(_START_SECONDS), "-l", str(folder / "server.log"))
        return self.server

    def stop(self, erase: bool = False) -> bool:
        """Stops the server. Returns whether it ran."""
        folder = self._link.resolve()
        ran = (folder / "PG_VERSION").exists() and self._is_running(folder)
        if ran:
            self._control(folder, "stop", "-m", "fast", "-w", "-t", str(_START_SECONDS))
        shutil.rmtree(self._layout.socket_folder, ignore_errors=True)
        if erase:
            shutil.rmtree(folder, ignore_errors=True)
        return ran

    def stop_at_once(self) -> None:
        """Ends the server as a power cut would; the next start recovers what was committed."""
        self._control(self._folder(), "stop", "-m", "immediate", "-w", "-t", str(_START_SECONDS))

    @property
    def _password_file(self) -> Path:
        return self._layout.secrets / "postgres-administrator"

    def _folder(self) -> Path:
        """The cluster's folder. Where the database account cannot enter the checkout, it lies outside, behind a link."""
        if self._link.exists():
            return self._link.resolve()
        self._layout.data.chmod(0o711)
        if self._account.can_reach(self._layout.data):
            self._link.mkdir()
            folder = self._link
        else:
            folder = Path("/var/tmp") / f"lanyard-{self._layout.fingerprint}"
            folder.mkdir(exist_ok=True)
            self._link.symlink_to(folder)
        self._account.own(folder)
        folder.chmod(0o700)
        return folder.resolve()

    def _create(self, folder: Path) -> None:
        if not self._password_file.exists():
            write_private(self._password_file, secrets.token_urlsafe(32) + "\n")
        with tempfile.NamedTemporaryFile("w", prefix="lanyard-", encoding="utf-8") as password:
            password.write(self._password_file.read_text(encoding="utf-8"))
            password.flush()
            self._account.own(Path(password.name))
            self._run(
                [
                    find_binaries() / "initdb", "--pgdata", folder, "--username", ADMINISTRATOR, "--pwfile", password.name,
                    "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--data-checksums",
                ]
            )
        with open(folder / "postgresql.conf", "a", encoding="utf-8") as configuration:
            configuration.write("\n# Lanyard's local stack\n")
            for name, value in _SETTINGS.items():
                configuration.write(f"{name} = {value}\n")
            configuration.write(f"unix_socket_directories = '{self._layout.socket_folder}'\n")
        (folder / "pg_hba.conf").write_text(_ACCESS, encoding="utf-8")

    def _prepare_socket_folder(self) -> None:
        folder = self._layout.socket_folder
        folder.mkdir(exist_ok=True)
        self._account.own(folder)
        folder.chmod(0o755)

    def _is_running(self, folder: Path) -> bool:
        return self._pg_ctl(folder, "status").returncode == 0

    def _control(self, folder: Path, *arguments: str) -> None:
        if self._pg_ctl(folder, *arguments).returncode != 0:
            raise StackError(f"PostgreSQL did not {arguments[0]}. The end of its log:\n{tail(folder / 'server.log')}")

    def _pg_ctl(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess:
        # The server inherits standard output, so a pipe here would never end.
        return subprocess.run(
            [find_binaries() / "pg_ctl", "--pgdata", folder, "--silent", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, cwd="/",
            env=_environment(), **self._account.run_arguments,
        )

    def _run(self, arguments: list) -> None:
        done = subprocess.run(
            arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd="/",
            env=_environment(), **self._account.run_arguments,
        )
        if done.returncode != 0:
            raise StackError(f"{Path(arguments[0]).name} failed:\n{done.stderr.strip()}")


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
