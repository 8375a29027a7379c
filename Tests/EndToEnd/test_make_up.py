"""`make up` and `make down` as a person sees them: what is printed, what is written down, what is left of it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from ssl import create_default_context

import pytest
from conftest import REPOSITORY
from harness import application
from localstack.api import API
from localstack.layout import Layout, read_json
from localstack.ports import LOOPBACK, is_free
from localstack.processes import started_at
from localstack.web import HTTP

# What is promised from a finished build to a stack that is ready.
READY_SECONDS = 15.0
# Several times what a start with the main job takes on two busy cores.
COMMAND_SECONDS = 240
# Tells itself apart from the ten minutes that a flow has by default, and leaves a slow machine time for the call.
FLOW_SECONDS = 90
FIELDS = {
    "gatewayUrl", "caFile", "organizationId", "apiKey", "ownerSessionToken", "consoleLoginUrl", "sandbox", "services", "examples",
    "postgres", "logs",
}
SERVICES = {"vault", "exchanger", "policy", "gateway"}


@dataclass
class Look:
    """What one `make up` printed, and what it left."""

    code: int
    printed: str
    warned: str
    file: dict
    mode: int
    connections: set[str]

    @property
    def pids(self) -> dict[str, int]:
        return {name: entry["pid"] for name, entry in [*self.file["services"].items(), ("examples", self.file["examples"])]}


@dataclass
class Remains:
    """What there is after `make down` of what was there before."""

    code: int
    printed: str
    processes: list[str]
    postmaster: bool
    sockets: bool
    ports: list[int] = field(default_factory=list)


class Checkout:
    """A data folder of its own, and the program behind the Makefile's targets."""

    def __init__(self, data: Path):
        self.layout = Layout(REPOSITORY, data)

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        """What `make` runs, told nothing but these variables and where finished executables are."""
        kept = {
            name: value for name, value in os.environ.items()
            if name == "LANYARD_BINARIES" or not name.startswith("LANYARD_") and name not in ("DATABASE_URL", "CONFIGURATION")
        }
        return subprocess.run(
            [sys.executable, "-B", REPOSITORY / "deploy" / "local" / "stack.py", *arguments], check=False, text=True,
            env={**kept, "LANYARD_DATA": str(self.layout.data), **variables}, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=COMMAND_SECONDS,
        )

    def up(self, **variables: str) -> Look:
        done = self.run("up", "--skip-build", **variables)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        file = read_json(self.layout.stack_file)
        listed = API(file["gatewayUrl"], file["ownerSessionToken"]).call("GET", "/v1/connections")["items"]
        return Look(
            done.returncode, done.stdout, done.stderr, file, self.layout.stack_file.stat().st_mode & 0o777,
            {entry["id"] for entry in listed},
        )

    def down(self) -> Remains:
        cluster = (self.layout.data / "postgres").resolve()
        postmaster = int((cluster / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
        file = read_json(self.layout.stack_file)
        pids = {name: entry["pid"] for name, entry in file["services"].items()}
        pids |= {"examples": file["examples"]["pid"], "postgres": postmaster}
        began = {name: started_at(pid) for name, pid in pids.items()}
        assert None not in began.values(), "every recorded process runs before"
        done = self.run("down")
        ports = read_json(self.layout.state_file)["ports"]
        return Remains(
            done.returncode, done.stdout,
            processes=[name for name, pid in pids.items() if started_at(pid) == began[name]],
            postmaster=(cluster / "postmaster.pid").exists(), sockets=self.layout.socket_folder.exists(),
            ports=[port for port in ports.values() if not is_free(port)],
        )


@dataclass
class Life:
    """A stack from its first start to its second, with all that happened in between."""

    checkout: Checkout
    first: Look
    again: Look
    # With a setting of the vault's, while the stack is up.
    chosen: Look
    flow_seconds: float
    refused: subprocess.CompletedProcess
    # With a port that somebody else has.
    taken: subprocess.CompletedProcess
    remains: Remains
    # After `make down`.
    second: Look


@pytest.fixture(scope="module")
def life():
    folder = Path(tempfile.mkdtemp(prefix="lanyard-e2e-up-"))
    folder.chmod(0o711)
    checkout = Checkout(folder / "stack")
    try:
        first, again = checkout.up(), checkout.up()
        chosen = checkout.up(LANYARD_FLOW_LIFETIME_SECONDS=str(FLOW_SECONDS), LANYARD_FLOW_LIFETIMES="1")
        refused = checkout.run(
            "up", "--skip-build", LANYARD_VAULT_URL="http://127.0.0.1:1", LANYARD_DATABASE_URL="postgres://localhost/x")
        with socket.create_server((LOOPBACK, 0)) as somebody:
            taken = checkout.run("up", "--skip-build", LANYARD_PORT=str(somebody.getsockname()[1]))
        flow_seconds = seconds_of_a_flow(chosen.file)
        remains = checkout.down()
        yield Life(checkout, first, again, chosen, flow_seconds, refused, taken, remains, checkout.up())
    finally:
        checkout.run("down", "--erase")
        shutil.rmtree(folder, ignore_errors=True)


def seconds_of_a_flow(file: dict) -> float:
    """How long the person of a new flow has, by the gateway's answer."""
    member = API(file["gatewayUrl"], file["apiKey"]).session("flow-member")
    begun = time.time()
    flow = member.resolve(application(), providerUrl=file["sandbox"]["issuer"])["flow"]
    return datetime.fromisoformat(flow["expiresAt"].replace("Z", "+00:00")).timestamp() - begun


def test_the_first_start_ends_with_the_main_job_done(life):
    assert life.first.code == 0 and life.first.warned == ""
    done = re.search(r"The main job is done: \S+ is connected as (con_\w+)\.", life.first.printed)
    assert done and done[1] in life.first.connections


def test_the_stack_is_ready_within_seconds_of_a_finished_build(life):
    seconds = {
        name: float(re.search(r"processes ready ([\d.]+) s after the start", look.printed)[1])
        for name, look in (("the first", life.first), ("the second", life.second))
    }
    print("figure: make up is ready " + ", ".join(f"{value:.1f} s after {name} start" for name, value in seconds.items()))
    assert max(seconds.values()) <= READY_SECONDS


def test_the_file_says_everything_to_its_owner_alone(life):
    file = life.first.file
    assert life.first.mode == 0o600
    assert file.keys() == FIELDS and all(file.values())
    assert file["sandbox"].keys() >= {"issuer", "clientId", "clientSecret", "mcpUrl"} and all(file["sandbox"].values())
    assert file["services"].keys() == SERVICES | {"sandbox"}
    assert all(file["services"][name].keys() == {"url", "pid", "metricsUrl"} for name in SERVICES)
    assert file["services"]["sandbox"].keys() == {"url", "pid"}, "the practice provider has no metrics"
    assert file["postgres"].keys() == {"socket", "port"}
    assert file["gatewayUrl"] == file["services"]["gateway"]["url"]


def test_what_the_file_names_is_there(life):
    file = life.second.file
    for name in SERVICES:
        answer = HTTP().get(file["services"][name]["metricsUrl"])
        assert answer.status == 200 and "# TYPE" in answer.text, name
    trusting = HTTP(create_default_context(cafile=file["caFile"]))
    internal = [entry["url"] for entry in file["services"].values() if entry["url"].startswith("https:")]
    assert len(internal) == 3 and all(trusting.get(f"{url}/healthz").status == 200 for url in internal)
    socket, port = file["postgres"]["socket"], file["postgres"]["port"]
    assert Path(file["caFile"]).is_absolute() and (Path(socket) / f".s.PGSQL.{port}").is_socket()
    assert {f"{name}.log" for name in life.second.pids} <= {log.name for log in Path(file["logs"]).iterdir()}
    assert API(file["gatewayUrl"], file["ownerSessionToken"]).call("GET", "/v1/me")["role"] == "owner"


def test_a_second_start_leaves_everything_as_it_is(life):
    assert "is up already" in life.again.printed
    assert life.again.pids == life.first.pids
    assert life.again.connections == life.first.connections and life.again.file["apiKey"] == life.first.file["apiKey"]


def test_a_setting_of_a_service_takes_effect_and_leaves_the_others_alone(life):
    print(f"figure: LANYARD_FLOW_LIFETIME_SECONDS={FLOW_SECONDS} make up: a flow of {life.flow_seconds:.1f} s")
    assert FLOW_SECONDS / 2 < life.flow_seconds <= FLOW_SECONDS + 1
    assert "other values of LANYARD_FLOW_LIFETIME_SECONDS:" in life.chosen.printed
    changed = {name for name, pid in life.chosen.pids.items() if pid != life.first.pids[name]}
    assert changed == {"vault"}
    assert "LANYARD_FLOW_LIFETIMES is not a setting" in life.chosen.warned
    assert "did you mean LANYARD_FLOW_LIFETIME_SECONDS?" in life.chosen.warned


def test_what_the_stack_sets_itself_cannot_be_chosen(life):
    assert life.refused.returncode == 1
    assert "LANYARD_VAULT_URL is set by the stack itself" in life.refused.stderr
    assert "DATABASE_URL names a PostgreSQL server" in life.refused.stderr
    assert life.refused.stdout == "", "nothing was begun"


def test_a_port_that_somebody_has_is_refused_and_ends_nothing(life):
    assert life.taken.returncode == 1
    assert "for gateway is in use" in life.taken.stderr
    assert life.remains.code == 0, "everything still ran, and was stopped afterwards"


def test_nothing_is_left_running(life):
    remains = life.remains
    assert remains.code == 0 and "Stopped" in remains.printed
    assert remains.processes == [] and not remains.postmaster and not remains.sockets and remains.ports == []


def test_the_data_outlives_a_stop(life):
    assert life.second.file["apiKey"] == life.first.file["apiKey"]
    assert life.second.connections >= life.first.connections
    assert "The main job is done" not in life.second.printed, "it is done once"
