"""What the example host is told: four variables of the environment."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

# "The configuration is wrong", as sysexits.h numbers it.
CONFIGURATION_EXIT = 78


@dataclass(frozen=True)
class Settings:
    """Where Lanyard is, and the key by which it knows this platform."""

    port: int
    gateway_url: str
    # The provider whose mail two of the apps show; real apps know theirs by heart.
    provider_url: str
    # Never leaves this process: browsers get a member's session instead.
    api_key: str = field(repr=False)

    @staticmethod
    def from_environment(environment: Mapping[str, str] = os.environ) -> "Settings":
        """Reads every variable and stops the process with all the problems at once."""
        problems: list[str] = []
        settings = Settings(
            port=_port(environment, problems),
            gateway_url=_origin(environment, "EXAMPLE_GATEWAY_URL", problems),
            provider_url=_origin(environment, "EXAMPLE_PROVIDER_URL", problems),
            api_key=_api_key(environment, problems),
        )
        if problems:
            print("\n".join(problems), file=sys.stderr)
            sys.exit(CONFIGURATION_EXIT)
        return settings


def _port(environment: Mapping[str, str], problems: list[str]) -> int:
    text = environment.get("EXAMPLE_PORT", "")
    if not text.isdigit() or int(text) > 65_535:
        problems.append("EXAMPLE_PORT must be a port number; 0 takes any free one.")
        return 0
    return int(text)


def _origin(environment: Mapping[str, str], name: str, problems: list[str]) -> str:
    parts = urlsplit(environment.get(name, ""))
    if parts.scheme not in ("http", "https") or not parts.netloc:
        problems.append(f"{name} must be a URL such as https://lanyard.example.org.")
    return f"{parts.scheme}://{parts.netloc}"


def _api_key(environment: Mapping[str, str], problems: list[str]) -> str:
    path = environment.get("EXAMPLE_API_KEY_FILE")
    try:
        key = Path(path).read_text(encoding="utf-8").strip() if path else ""
    except OSError as error:
        problems.append(f"EXAMPLE_API_KEY_FILE: {path} cannot be read: {error.strerror}.")
        return ""
    if not key:
        problems.append("EXAMPLE_API_KEY_FILE must name a file with the organization's API key (lyk_…).")
    return key
