"""Which settings each service has, read from the Swift sources, where each one is declared by a literal key.

`--help` of the executables would say the same, but these checks run without a build. docs/configuration.md is written by
hand and leaves out the sandbox, so it is held against the sources instead of believed.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from localstack.settings import SERVICES

# Settings.swift: how a service declares a setting. What is required starts with it, what is secret may come as a file.
_DECLARATION = re.compile(
    r"\bsettings\.(string|optionalString|requiredString|list|choice|int|seconds|bool|optionalSecret|requiredSecret)"
    r'\(\s*"([\w.]+)"'
)
_PEERS = re.compile(r"\bpeers: \[ServiceName\] = \[([^\]]*)\]")
_CONFIGURATION = Path("Shared/ServiceKit/Configuration")
# ServiceSettings.swift: one address for each service that is called.
_ADDRESS = "{}.url"


class KnownSettings:
    """The environment variables of one service's settings, by their long names."""

    def __init__(self, repository: Path, service: str):
        files = sorted((repository / "Services" / service.capitalize()).rglob("*.swift"))
        own = [file.read_text(encoding="utf-8") for file in files]
        shared = [] if service == "sandbox" else ["ServiceSettings.swift"]
        if any("CheckpointSettings(settings)" in text for text in own):
            shared.append("CheckpointSettings.swift")
        texts = own + [(repository / _CONFIGURATION / name).read_text(encoding="utf-8") for name in shared]
        self._kinds = {"config.file": "string"}
        for text in texts:
            self._kinds |= {key: kind for kind, key in _DECLARATION.findall(text)}
            for peers in _PEERS.findall(text):
                self._kinds |= {_ADDRESS.format(peer): "list" for peer in re.findall(r"\w+", peers)}

    @property
    def names(self) -> set[str]:
        """One name per setting."""
        return {_variable(key) for key in self._kinds}

    @property
    def accepted(self) -> set[str]:
        """Every variable that the service starts with."""
        return self.names | {f"{_variable(key)}_FILE" for key, kind in self._kinds.items() if kind.endswith("Secret")}

    def missing(self, given: set[str]) -> set[str]:
        """The required settings that are not among the given variables."""
        required = {_variable(key) for key, kind in self._kinds.items() if kind.startswith("required")}
        return {name for name in required if not {name, f"{name}_FILE"} & given}


def _variable(key: str) -> str:
    """`http.idleSeconds` is `LANYARD_HTTP_IDLE_SECONDS`, as in Settings.swift."""
    return "LANYARD_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).replace(".", "_").upper()


def long_name(name: str) -> str:
    """The sandbox's short names, as in SandboxSettings.swift."""
    if name in ("SANDBOX_HOST", "SANDBOX_PORT"):
        return name.replace("SANDBOX_", "LANYARD_HTTP_")
    return f"LANYARD_{name}" if name.startswith("SANDBOX_") else name


def check_documented(repository: Path) -> Iterator[str]:
    """docs/configuration.md lists the settings of the sources, no more and no fewer."""
    text = (repository / "docs/configuration.md").read_text(encoding="utf-8")
    for service in SERVICES:
        _, _, section = text.partition(f"\n## {service}\n")
        listed = set(re.findall(r"^\| `(LANYARD_\w+)`", section.split("\n## ")[0], re.MULTILINE))
        for name in sorted(listed ^ KnownSettings(repository, service).names):
            yield f"docs/configuration.md: {service} and its sources differ in {name}"
