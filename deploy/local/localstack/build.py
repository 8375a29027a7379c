"""Building the executables and finding them."""

import os
import shutil
import subprocess
from pathlib import Path

from .errors import StackError

PRODUCTS = ("vault", "exchanger", "policy", "gateway", "sandbox", "lanyard")
CONFIGURATIONS = ("debug", "release")
# A clean debug build takes 5 to 11 minutes on two cores, a clean release build up to 17.
_BUILD_SECONDS = 60 * 60


def build(repository: Path, configuration: str) -> Path:
    """Builds every executable and returns the folder they are in. The compiler's output goes to the terminal."""
    if configuration not in CONFIGURATIONS:
        raise StackError(f"CONFIGURATION must be one of {', '.join(CONFIGURATIONS)}, not {configuration}.")
    if shutil.which("swift") is None:
        raise StackError("Swift is not installed. Install a toolchain, 6.2 or newer, from swift.org.")
    done = subprocess.run(
        ["swift", "build", "--configuration", configuration], cwd=repository, check=False, timeout=_BUILD_SECONDS
    )
    if done.returncode != 0:
        raise StackError("The build failed; see the errors above.")
    return find_binaries(repository, configuration)


def find_binaries(repository: Path, configuration: str) -> Path:
    """The folder with the executables of a finished build; `LANYARD_BINARIES` names another one."""
    named = os.environ.get("LANYARD_BINARIES")
    folder = Path(named) if named else repository / ".build" / configuration
    missing = [product for product in PRODUCTS if not (folder / product).exists()]
    if missing:
        raise StackError(f"Not built yet: {', '.join(missing)}. Run: swift build --configuration {configuration}")
    return folder
