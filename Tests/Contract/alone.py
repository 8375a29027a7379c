"""One real executable with real PostgreSQL, and stubs in place of its neighbours."""

import hashlib
import itertools
from dataclasses import dataclass
from pathlib import Path

from localstack.cluster import Cluster
from localstack.databases import create_databases
from localstack.keys import CommandLine
from localstack.layout import Layout
from localstack.ports import LOOPBACK, free_port
from localstack.processes import Command, ProcessTable
from localstack.readiness import wait_until_ready
from localstack.settings import Instance, Plan, environment, journal
from service import CALLERS, PURPOSES
from stub import StubService
from tokens import grant, service_token
from wire import REPOSITORY, document

# Which services each one calls.
NEIGHBOURS = {
    "vault": (), "policy": ("vault",), "exchanger": ("vault", "policy"), "gateway": ("vault", "exchanger", "policy"),
}
# Of the golden values, so that what a service is asked and what its neighbours answer belong together.
ORGANIZATION, USER = "org_1", "usr_1"
SCOPE = {"applicationType": "Application", "applicationId": "app-1", "appId": "com.example.mail"}


class Ground:
    """Keys, certificates and databases, which the services of one run share one after the other."""

    def __init__(self, folder: Path, binaries: Path):
        self.binaries = binaries
        self.layout = Layout(REPOSITORY, folder)
        self.layout.create()
        command_line = CommandLine(binaries)
        command_line.make_keys(self.layout)
        self._cluster = Cluster(self.layout)
        self.databases = create_databases(self._cluster.start(), self.layout)
        for name, database in self.databases.items():
            command_line.migrate(name, database)
        self.organization = command_line.create_organization("Contract", self.databases["policy"])

    def stop(self) -> None:
        self._cluster.stop(erase=True)

    @property
    def credential(self) -> str:
        """How the gateway names the organization's API key to policy: by its hash."""
        return hashlib.sha256(self.organization["apiKey"].encode()).hexdigest()


@dataclass(frozen=True)
class Call:
    """One call of the service under test."""

    method: str
    path: str
    # The path as the document has it.
    template: str
    body: object = None

    @property
    def label(self) -> str:
        return f"{self.method} {self.template}"


class Alone:
    """A service whose neighbours are stubs."""

    def __init__(self, ground: Ground, name: str, provider: str, changes: dict[str, dict]):
        """`provider` is the host and port of the one provider to call, `changes` as of `StubService`, by service."""
        self.name, self.ground = name, ground
        self.stubs = {
            neighbour: StubService(neighbour, ground.layout.keys, name, changes.get(neighbour))
            for neighbour in NEIGHBOURS[name]
        }
        ports = [free_port([]), free_port([])]
        self.instance = Instance(name, 1, *ports)
        self.url = self.instance.url
        self.certificate_authority = str(ground.layout.keys / "tls" / "ca.crt")
        self.document = document(name).content
        self._callers = itertools.cycle(CALLERS.get(name, ("",)))
        instances = [self.instance, *(Instance(stub.service, 1, stub.port, 0) for stub in self.stubs.values())]
        if name == "policy":
            # Policy never calls the gateway, but is told its address.
            instances.append(Instance("gateway", 1, free_port(ports), 0))
        plan = Plan(ground.layout, instances, ground.databases, practice=None, egress_allow=[provider])
        if name == "exchanger":
            journal(ground.layout, self.instance).mkdir(mode=0o700, exist_ok=True)
        self._processes = ProcessTable(ground.layout.processes)
        self._processes.start(
            Command(name, [str(ground.binaries / name)], environment(plan, self.instance),
                    ground.layout.logs / f"{name}.log")
        )
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def wait_until_ready(self) -> None:
        wait_until_ready([self.instance], self._processes)

    def stop(self) -> None:
        # The stubs first: a call that waits at one would hold up the service's end.
        for stub in self.stubs.values():
            stub.stop()
        self._processes.stop([self.name])

    def headers(self, caller: str | None = None) -> dict[str, str]:
        """Fresh credentials; of each of the service's callers in turn unless one is named."""
        if self.name == "gateway":
            return {"Authorization": "Bearer lys_contract"}
        keys, caller = self.ground.layout.keys, caller or next(self._callers)
        return {
            "Authorization": f"Bearer {service_token(keys, caller, self.name)}",
            "Lanyard-Grant": grant(keys, ORGANIZATION, PURPOSES, [caller], userId=USER, scope=SCOPE),
        }

    @property
    def credential(self) -> str:
        return self.ground.credential

    def called(self) -> set[str]:
        """The neighbours that were called since the last question, by calls that do not wait."""
        found = set()
        for name, stub in self.stubs.items():
            calls, stub.calls = stub.calls, []
            waiting = ("/internal/changes", "/internal/revocations/claim", "/internal/refreshes/claim")
            if any(not path.startswith(waiting) for path in calls):
                found.add(name)
        return found
