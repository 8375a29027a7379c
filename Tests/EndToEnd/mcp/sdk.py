"""The official SDKs as clients and servers, each in the Python of its own virtual environment."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from localstack.ports import LOOPBACK
from localstack.web import HTTP

REPOSITORY = Path(__file__).resolve().parents[3]
FOLDER = Path(__file__).resolve().parent
# They import a web framework and the SDK: a moment on a quiet machine, half a minute and more on a busy one.
START_SECONDS = 120.0
STOP_SECONDS = 30.0
ASK_SECONDS = 30.0
# A client that says nothing for so long hangs.
CLIENT_SECONDS = 180.0


@dataclass(frozen=True)
class Kind:
    """A client as one SDK generation speaks in one mode."""

    name: str
    generation: int
    mode: str = "auto"
    revision: str = "2025-11-25"


FIRST = Kind("1.x", 1)
LEGACY = Kind("2.x legacy", 2, "legacy")
MODERN = Kind("2.x auto", 2, "auto", "2026-07-28")
KINDS = [FIRST, LEGACY, MODERN]


def python(generation: int) -> Path:
    program = REPOSITORY / f".venv-mcp-{generation}" / "bin" / "python"
    assert program.exists(), "the MCP SDKs are not installed: scripts/install-prerequisites test"
    return program


class Server:
    """An SDK's server, with everything that it saw."""

    def __init__(self, generation: int, port: int, issuer: str | None, log: Path):
        self.generation = generation
        self.url = f"http://{LOOPBACK}:{port}/mcp"
        self._calls_url = f"http://{LOOPBACK}:{port}/calls"
        arguments = [str(python(generation)), str(FOLDER / f"sdk_server_{generation}.py"), str(port)]
        with log.open("w", encoding="utf-8") as output:
            self._process = subprocess.Popen(
                arguments + ([issuer] if issuer else []), stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.calls()
                return
            except OSError:
                assert self._process.poll() is None, log.read_text(encoding="utf-8")
                assert time.monotonic() < deadline, f"the server of SDK {generation} does not answer"
                time.sleep(0.05)

    def calls(self, tool: str | None = None) -> list[dict]:
        """The calls that arrived; of one tool, if one is named."""
        with urllib.request.urlopen(self._calls_url, timeout=ASK_SECONDS) as answer:
            return [call for call in json.load(answer) if tool is None or call["tool"] == tool]

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()


class AuthorizationServer:
    """The second generation's MCP server with the SDK's own authorization server."""

    def __init__(self, port: int, log: Path):
        self._origin = f"http://{LOOPBACK}:{port}"
        self.url = f"{self._origin}/mcp"
        with log.open("w", encoding="utf-8") as output:
            self._process = subprocess.Popen(
                [str(python(2)), str(FOLDER / "sdk_auth_server_2.py"), str(port)], stdin=subprocess.DEVNULL,
                stdout=output, stderr=output)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.seen()
                return
            except OSError:
                assert self._process.poll() is None, log.read_text(encoding="utf-8")
                assert time.monotonic() < deadline, "the SDK's authorization server does not answer"
                time.sleep(0.05)

    def seen(self, what: str | None = None) -> list[dict]:
        """What it was asked for; of one kind, if one is named."""
        with urllib.request.urlopen(f"{self._origin}/seen", timeout=ASK_SECONDS) as answer:
            return [fact for fact in json.load(answer) if what is None or fact["what"] == what]

    def approve(self, url: str) -> str:
        """Everybody agrees here: where the browser would be sent."""
        answer = HTTP().get(url, {})
        assert answer.status in (302, 303, 307), answer.text
        return answer.location

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(STOP_SECONDS)


@dataclass
class Conversation:
    """What an SDK's client saw."""

    revision: str = ""
    results: list[dict] = field(default_factory=list)
    # The forms that its person was shown.
    forms: list[str] = field(default_factory=list)
    # What its OAuth client got, newest last.
    tokens: list[dict] = field(default_factory=list)
    client: dict | None = None


class Client:
    """An SDK's client at work: its script runs on its own, pages that it wants opened are opened by the test."""

    def __init__(self, kind: Kind, url: str, token: str | None, steps: list[dict], **more):
        self.kind = kind
        script = {"url": url, "token": token, "mode": kind.mode, "steps": steps, **more}
        self.process = subprocess.Popen(
            [str(python(kind.generation)), str(FOLDER / f"sdk_client_{kind.generation}.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.process.stdin.write(json.dumps(script) + "\n")
        self.process.stdin.flush()

    def finish(self, open_page: Callable[[str], str | None] | None = None) -> Conversation:
        """Everything until the client ends. `open_page` may say where the person was sent back to."""
        conversation = Conversation()
        for line in self.process.stdout:
            value = json.loads(line)
            if "revision" in value:
                conversation.revision = value["revision"]
            elif "open" in value:
                assert open_page is not None, f"the client was asked to open {value['open']}"
                self.process.stdin.write(f"{open_page(value['open']) or ''}\n")
                self.process.stdin.flush()
            elif "form" in value:
                conversation.forms.append(value["form"])
            elif "client" in value:
                conversation.client = value["client"]
            elif "tokens" in value and len(value) == 1:
                conversation.tokens.append(value["tokens"])
            else:
                conversation.results.append(value)
        errors = self.process.stderr.read()
        assert self.process.wait(CLIENT_SECONDS) == 0, errors[-4000:]
        return conversation


def talk(kind: Kind, url: str, token: str | None, steps: list[dict], open_page=None, **more) -> Conversation:
    return Client(kind, url, token, steps, **more).finish(open_page)


def call(tool: str, **arguments) -> dict:
    return {"call": tool, "arguments": arguments}
