"""What the user can choose, read from the environment."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from .errors import StackError
from .settings import SERVICES
from .sql import Server

_MAXIMUM_REPLICAS = 8
PREFIX = "LANYARD_"
# Read here or by `find_binaries`. Every other variable with the prefix is meant for the services.
OWN = {"LANYARD_PORT", "LANYARD_REPLICAS", "LANYARD_DATA", "LANYARD_EGRESS_ALLOW", "LANYARD_BINARIES"}


@dataclass(frozen=True)
class Options:
    """The choices for one stack."""

    repository: Path
    data: Path
    configuration: str = "debug"
    replicas: dict[str, int] = field(default_factory=dict)
    gateway_port: int | None = None
    database_url: str | None = None
    # Settings on top of ours, by service; "all" for every one.
    overrides: dict[str, dict[str, str]] = field(default_factory=dict)
    # host:port entries that outgoing calls may reach besides the practice provider.
    egress_allow: list[str] = field(default_factory=list)
    # Settings of the services by name, for every service that has one of that name; see chosen.py.
    settings: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def from_environment(repository: Path) -> "Options":
        """`LANYARD_PORT`, `LANYARD_REPLICAS`, `LANYARD_DATA`, `LANYARD_EGRESS_ALLOW`, `DATABASE_URL`, `CONFIGURATION`, and what the
        services are to be told. An empty variable counts as absent, as it does for them."""
        data = os.environ.get("LANYARD_DATA")
        return Options(
            repository=repository,
            data=Path(data).absolute() if data else repository / ".lanyard",
            configuration=os.environ.get("CONFIGURATION", "debug"),
            replicas=parse_replicas(os.environ.get("LANYARD_REPLICAS", "")),
            gateway_port=_port(os.environ.get("LANYARD_PORT")),
            database_url=os.environ.get("DATABASE_URL") or None,
            egress_allow=[entry for entry in os.environ.get("LANYARD_EGRESS_ALLOW", "").split(",") if entry],
            settings={
                name: value for name, value in os.environ.items()
                if name.startswith(PREFIX) and value and name not in OWN
            },
        )

    @property
    def choices(self) -> dict[str, str]:
        """What a running stack is compared by, under the name of each variable. Holds no password."""
        choices = {
            "LANYARD_PORT": str(self.gateway_port or ""),
            "LANYARD_REPLICAS": ",".join(f"{service}={count}" for service, count in sorted(self.replicas.items())),
            "LANYARD_EGRESS_ALLOW": ",".join(self.egress_allow),
            "CONFIGURATION": self.configuration,
            **self.settings,
        }
        if self.database_url is not None:
            server = Server.parse(self.database_url)
            choices["DATABASE_URL"] = f"{server.host}:{server.port}"
        return {name: value for name, value in choices.items() if value}


def parse_replicas(text: str) -> dict[str, int]:
    """Reads `vault=2,exchanger=2`."""
    replicas = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        service, separator, count = entry.partition("=")
        if service not in SERVICES or not separator or not count.isdigit():
            raise StackError(f"LANYARD_REPLICAS: '{entry}' is not of the form vault=2 ({', '.join(SERVICES)}).")
        if not 1 <= int(count) <= _MAXIMUM_REPLICAS:
            raise StackError(f"LANYARD_REPLICAS: {service} can have 1 to {_MAXIMUM_REPLICAS} replicas, not {count}.")
        if service == "gateway" and int(count) != 1:
            raise StackError("LANYARD_REPLICAS: the gateway has one public address here; put a proxy before several.")
        replicas[service] = int(count)
    return replicas


def _port(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise StackError(f"LANYARD_PORT must be a port number, not {text}.")
    return int(text)
