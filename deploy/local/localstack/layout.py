"""Where the local stack keeps its things."""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Unix socket paths end at about 107 bytes, so sockets live in a short folder of their own.
_SOCKET_ROOT = Path(tempfile.gettempdir())
_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700


@dataclass(frozen=True)
class Layout:
    """The files and folders of one stack, all below one data folder."""

    repository: Path
    data: Path

    @property
    def keys(self) -> Path:
        return self.data / "keys"

    @property
    def authority_file(self) -> Path:
        """The certificate authority that the services' own certificates come from."""
        return self.keys / "tls" / "ca.crt"

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def processes(self) -> Path:
        return self.data / "run"

    @property
    def journal(self) -> Path:
        return self.data / "journal"

    @property
    def checkpoints(self) -> Path:
        """Signed checkpoints of the audit trails, outside the databases."""
        return self.data / "checkpoints"

    @property
    def stack_file(self) -> Path:
        return self.data / "stack.json"

    @property
    def state_file(self) -> Path:
        """What the first start created and later starts keep: organization, clients, ports."""
        return self.secrets / "state.json"

    @property
    def lock_file(self) -> Path:
        return self.data / "lock"

    @property
    def fingerprint(self) -> str:
        """Tells two checkouts on one machine apart, in names that must be short."""
        return hashlib.sha256(str(self.data.resolve()).encode()).hexdigest()[:10]

    @property
    def socket_folder(self) -> Path:
        return _SOCKET_ROOT / f"lanyard-{self.fingerprint}"

    def create(self) -> None:
        """Makes the folders. Those with secrets are closed to everyone else."""
        self.data.mkdir(parents=True, exist_ok=True)
        for folder in (self.keys, self.secrets, self.journal, self.checkpoints, self.processes):
            folder.mkdir(exist_ok=True)
            folder.chmod(_PRIVATE_FOLDER)
        self.logs.mkdir(exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, complete or not at all."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), _PRIVATE_FILE)
        file.write(text)
    temporary.replace(path)


def write_private_json(path: Path, value: object) -> None:
    write_private(path, json.dumps(value, indent=2) + "\n")


def read_json(path: Path) -> dict:
    """The object in a file, or an empty one where there is no file."""
    if not path.exists():
        return {}
    return json.loads(path.read_text(encoding="utf-8"))
