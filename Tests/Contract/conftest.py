"""The services as they are, started by the local stack in a temporary folder, and credentials to call each of them."""

import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis.configuration import set_hypothesis_home_dir

# What the generator remembers stays out of the checkout.
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "lanyard-hypothesis")
REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "deploy" / "local"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from localstack.build import find_binaries  # noqa: E402
from localstack.options import Options  # noqa: E402
from localstack.stack import Stack  # noqa: E402
from service import Service, practice_integration  # noqa: E402


@pytest.fixture(scope="session")
def running():
    folder = Path(tempfile.mkdtemp(prefix="lanyard-contract-"))
    folder.chmod(0o711)
    stack = Stack(Options(repository=REPOSITORY, data=folder / "stack"))
    try:
        yield stack.up(find_binaries(REPOSITORY, "debug"))
    finally:
        stack.down(erase=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def integration(running):
    """An Integration of the first organization, so that generated requests can meet something."""
    return practice_integration(running)


@pytest.fixture(scope="session")
def services(running, integration):
    return {name: Service(running, name) for name in ("gateway", "policy", "vault", "exchanger")}
