"""The example host platform with its apps, beside the services."""

import sys
from dataclasses import dataclass

from .layout import Layout, write_private
from .ports import LOOPBACK
from .processes import Command
from .settings import Plan

# The name of its process, its port and its log.
EXAMPLES = "examples"


@dataclass(frozen=True)
class Examples:
    """One process of the Python that runs the stack; it needs no package."""

    layout: Layout
    port: int

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def command(self, plan: Plan, api_key: str) -> Command:
        """How it is started, with the organization's API key in a file for its user alone."""
        key_file = self.layout.secrets / "example-api-key"
        write_private(key_file, api_key)
        return Command(
            name=EXAMPLES,
            arguments=[sys.executable, "-B", str(self.layout.repository / "Examples" / "host" / "server.py")],
            environment={
                "EXAMPLE_PORT": str(self.port),
                "EXAMPLE_GATEWAY_URL": plan.gateway_url,
                "EXAMPLE_PROVIDER_URL": plan.practice.issuer,
                "EXAMPLE_API_KEY_FILE": str(key_file),
            },
            log=self.layout.logs / f"{EXAMPLES}.log",
        )
