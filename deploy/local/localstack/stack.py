"""The stack as a whole: up, down, and what is in between."""

import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .api import API
from .cluster import SOCKET_PORT, Cluster
from .databases import Database, create_databases
from .errors import StackError
from .examples import EXAMPLES, Examples
from .keys import CommandLine
from .layout import Layout, read_json, write_private_json
from .options import Options
from .ports import LOOPBACK, assign, refuse_taken
from .practice import PracticeProvider
from .processes import Command, ProcessTable
from .readiness import wait_until_ready
from .settings import OWNER_SECONDS, SERVICES, Instance, Plan, Practice, environment, instance_name, journal
from .sql import Server

ORGANIZATION_NAME = "Example Organization"
OWNER = {"id": "owner", "email": "owner@example.org", "name": "Olive Owner"}


@dataclass
class RunningStack:
    """A stack that is up."""

    layout: Layout
    plan: Plan
    server: Server
    databases: dict[str, Database]
    pids: dict[str, int]
    organization_id: str
    api_key: str
    practice_provider: PracticeProvider
    examples: Examples
    examples_pid: int
    # True when this start created the data, false when it found it.
    fresh: bool

    @property
    def gateway_url(self) -> str:
        return self.plan.gateway_url

    @property
    def host(self) -> API:
        """The public API as the host platform: with the organization's API key."""
        return API(self.gateway_url, self.api_key)


class Stack:
    """One local stack in one data folder."""

    def __init__(self, options: Options, say: Callable[[str], None] = lambda _: None):
        self._options = options
        self._say = say
        self.layout = Layout(options.repository, options.data)
        self._cluster = Cluster(self.layout)
        self.processes = ProcessTable(self.layout.processes)

    @property
    def database(self) -> Cluster:
        """The database server of its own, for whoever wants to stop and start it."""
        return self._cluster

    def up(self, binaries: Path) -> RunningStack:
        """Starts everything from finished executables; of a stack that is up, what the choices have changed.

        Stops everything when something fails.
        """
        self.layout.create()
        if self.processes.running() and not self.is_up():
            # What is left of a stack that lost some of its processes.
            self.down()
        if self.processes.running():
            # What cannot be begun must not end what runs.
            self._refuse_another_server()
            if self._options.gateway_port is not None:
                ours = read_json(self.layout.state_file).get("ports", {}).values()
                refuse_taken("gateway", self._options.gateway_port, ours)
            changed = self.changed_choices()
            if changed:
                self._say(f"The stack is up with other values of {', '.join(changed)}: what they concern starts again")
        try:
            return self._start(binaries)
        except BaseException:
            self.down()
            raise

    def is_up(self) -> bool:
        """Whether every process of the last start still runs."""
        stack = read_json(self.layout.stack_file)
        if not stack:
            # A start that was cut off before it had said where things are.
            return False
        started = {**stack.get("services", {}), EXAMPLES: stack.get("examples", {"pid": None})}
        running = self.processes.running() if self.layout.processes.exists() else {}
        return bool(running) and all(running.get(name) == entry["pid"] for name, entry in started.items())

    def changed_choices(self) -> list[str]:
        """The variables whose values are not those of the last start."""
        before, now = read_json(self.layout.state_file).get("choices", {}), self._options.choices
        return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))

    def renew_login(self) -> None:
        """Puts a fresh sign-in link into the stack's file: the one that is there may have been used."""
        stack = read_json(self.layout.stack_file)
        link = _owner_link(API(stack["gatewayUrl"], stack["apiKey"]))
        write_private_json(self.layout.stack_file, {**stack, "consoleLoginUrl": link})

    def down(self, erase: bool = False) -> list[str]:
        """Stops everything that runs and returns the names. With `erase`, the data and the keys go too."""
        stopped = self.processes.stop() if self.layout.processes.exists() else []
        if (self.layout.data / "postgres").exists() and self._cluster.stop(erase):
            stopped.append("postgres")
        if erase:
            shutil.rmtree(self.layout.data, ignore_errors=True)
        return stopped

    def _start(self, binaries: Path) -> RunningStack:
        began = time.monotonic()
        command_line = CommandLine(binaries)
        state = read_json(self.layout.state_file)
        server = self._database_server()
        databases = create_databases(server, self.layout)
        command_line.make_keys(self.layout)
        for name, database in databases.items():
            command_line.migrate(name, database)
        self._say("Databases migrated, keys in place")

        fresh = "organizationId" not in state
        if fresh:
            created = command_line.create_organization(ORGANIZATION_NAME, databases["policy"])
            state |= {"organizationId": created["organizationId"], "apiKey": created["apiKey"]}
        plan = self._plan(state, databases)
        state["choices"] = self._options.choices
        write_private_json(self.layout.state_file, state)
        examples = Examples(self.layout, state["ports"][EXAMPLES])
        commands = [self._command(plan, instance, binaries) for instance in plan.instances]
        pids = self._bring_up([*commands, examples.command(plan, state["apiKey"])])
        # Nothing waits for the examples: they call the gateway only once somebody opens their page.
        examples_pid = pids.pop(EXAMPLES)
        wait_until_ready(plan.instances, self.processes)
        self._say(f"{len(pids)} processes ready {time.monotonic() - began:.1f} s after the start")

        running = RunningStack(
            layout=self.layout, plan=plan, server=server, databases=databases, pids=pids,
            organization_id=state["organizationId"], api_key=state["apiKey"],
            practice_provider=PracticeProvider(plan.practice.issuer, plan.practice.admin_token),
            examples=examples, examples_pid=examples_pid, fresh=fresh,
        )
        self._write_stack_file(running)
        return running

    def start_instance(self, plan: Plan, instance: Instance, binaries: Path) -> int:
        """Starts one process of a service."""
        return self.processes.start(self._command(plan, instance, binaries))

    def _command(self, plan: Plan, instance: Instance, binaries: Path) -> Command:
        if instance.service == "exchanger":
            journal(self.layout, instance).mkdir(mode=0o700, exist_ok=True)
        return Command(
            name=instance.name,
            arguments=[str(binaries / instance.service)],
            environment=environment(plan, instance),
            log=self.layout.logs / f"{instance.name}.log",
        )

    def _bring_up(self, commands: list[Command]) -> dict[str, int]:
        """Lets run what runs as it should, stops what does not, and starts what is not there. The id of each."""
        kept = {command.name: self.processes.running_as(command) for command in commands}
        others = [name for name in self.processes.running() if kept.get(name) is None]
        if others:
            self._say(f"Stopping {', '.join(self.processes.stop(others))}")
        return {command.name: kept[command.name] or self.processes.start(command) for command in commands}

    def _refuse_another_server(self) -> None:
        """Under running processes the database cannot be changed for another one."""
        before = read_json(self.layout.state_file).get("choices", {}).get("DATABASE_URL")
        if before != self._options.choices.get("DATABASE_URL"):
            raise StackError(
                f"The stack runs on {before or 'a PostgreSQL server of its own'}, and DATABASE_URL"
                f" {'names another one' if self._options.database_url else 'is not set now'}: make down first."
            )

    def _database_server(self) -> Server:
        if self._options.database_url is not None:
            self._say("Using the PostgreSQL server of DATABASE_URL")
            return Server.parse(self._options.database_url)
        server = self._cluster.start()
        self._say("PostgreSQL runs")
        return server

    def _plan(self, state: dict, databases: dict[str, Database]) -> Plan:
        """Chooses ports and the practice provider's registration; remembers both."""
        names = [
            (service, number) for service in SERVICES for number in range(1, self._options.replicas.get(service, 1) + 1)
        ]
        names.append(("sandbox", 1))
        fixed = {} if self._options.gateway_port is None else {"gateway": self._options.gateway_port}
        # The practice provider has no port for metrics.
        metrics = {name: f"{instance_name(*name)}.metrics" for name in names if name[0] in SERVICES}
        wanted = [*(instance_name(*name) for name in names), *metrics.values(), EXAMPLES]
        remembered, running = state.get("ports", {}), self.processes.running()
        held = [port for name, port in remembered.items() if name.removesuffix(".metrics") in running]
        ports = assign(wanted, remembered, fixed, held)
        state["ports"] = {**remembered, **ports}
        state.setdefault("practiceClientId", "lanyard-local")
        for secret in ("practiceClientSecret", "practiceAdminToken", "practiceMcpToken"):
            state.setdefault(secret, secrets.token_urlsafe(32))
        sandbox = f"{LOOPBACK}:{ports['sandbox']}"
        practice = Practice(
            f"http://{sandbox}", state["practiceClientId"], state["practiceClientSecret"], state["practiceAdminToken"],
            state["practiceMcpToken"],
        )
        instances = [
            Instance(*name, ports[instance_name(*name)], ports[metrics[name]] if name in metrics else 0)
            for name in names
        ]
        return Plan(
            layout=self.layout, instances=instances, databases=databases, practice=practice,
            egress_allow=[sandbox, *self._options.egress_allow], overrides=self._options.overrides,
        )

    def _write_stack_file(self, stack: RunningStack) -> None:
        longest = self._options.overrides.get("policy", {}).get("LANYARD_SESSION_MAXIMUM_SECONDS", OWNER_SECONDS)
        owner = stack.host.create_session(role="owner", user=OWNER["id"], seconds=min(OWNER_SECONDS, int(longest)),
                                          email=OWNER["email"], name=OWNER["name"])
        services = {
            instance.name: {"url": instance.url, "pid": stack.pids[instance.name], **_metrics(instance)}
            for instance in stack.plan.instances
        }
        write_private_json(
            self.layout.stack_file,
            {
                "gatewayUrl": stack.gateway_url,
                "caFile": str(self.layout.authority_file),
                "organizationId": stack.organization_id,
                "apiKey": stack.api_key,
                "ownerSessionToken": owner["token"],
                "consoleLoginUrl": _owner_link(stack.host),
                "sandbox": {
                    "issuer": stack.plan.practice.issuer,
                    "clientId": stack.plan.practice.client_id,
                    "clientSecret": stack.plan.practice.client_secret,
                    "mcpUrl": f"{stack.plan.practice.issuer}/mcp",
                    "mcpToken": stack.plan.practice.mcp_token,
                },
                "services": services,
                "examples": {"url": stack.examples.url, "pid": stack.examples_pid},
                "postgres": {"socket": stack.server.host, "port": stack.server.port},
                "logs": str(self.layout.logs),
            },
        )


def _metrics(instance: Instance) -> dict[str, str]:
    return {"metricsUrl": f"{instance.metrics_url}/metrics"} if instance.service in SERVICES else {}


def _owner_link(host: API) -> str:
    """Signs the owner in to the console, once."""
    return host.create_sign_in_link(OWNER["id"], "owner", email=OWNER["email"], name=OWNER["name"])["url"]
