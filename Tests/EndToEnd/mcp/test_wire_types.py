"""Every message that a gateway sends, to clients and to servers, is one of its revision by the official types."""

import copy
import json
import subprocess
from collections import Counter

import pytest
from harness import eventually
from localstack.tools import REVISION
from localstack.web import HTTP

from mcp.sdk import FOLDER, KINDS, call, python, talk
from mcp.tap import Exchange, Tap

TYPES_SECONDS = 120.0
# Without a header it is this one (revision 2025-06-18, transports).
ASSUMED = "2025-03-26"
LEGACY = ["2025-03-26", "2025-06-18", "2025-11-25"]


@pytest.fixture(scope="module")
def place(world):
    """The three servers, each behind a tap, and the gateway behind another."""
    organization = world.harness.organization()
    targets = {"first": world.open[1].url, "second": world.open[2].url, "practice": f"{world.sandbox}/open"}
    taps = {name: Tap(url, port) for (name, url), port in zip(targets.items(), world.spare_ports[2:5], strict=True)}
    servers = {name: world.add(organization, name.title(), tap.url) for name, tap in taps.items()}
    yield organization, servers, taps
    for tap in taps.values():
        tap.close()


def test_every_message_is_one_of_its_revision(world, place):
    organization, servers, taps = place
    member = world.member(organization, "maya")
    to_clients: list[Exchange] = []
    for name, server in servers.items():
        tap = Tap(world.endpoint(server))
        for kind in KINDS:
            _work(world, tap.url, member.token, kind, name)
        for revision in LEGACY:
            _by_hand(tap.url, member.token, revision)
        _mistakes(tap.url, member.token)
        tap.close()
        to_clients += tap.exchanges
    lines = [line for exchange in to_clients for line in _lines(exchange, exchange.received, "server", to_clients)]
    for tap in taps.values():
        lines += [
            line for exchange in tap.exchanges for line in _lines(exchange, exchange.sent, "client", tap.exchanges)]
    wrong = [(line, problem) for line, problem in zip(lines, _judge(lines), strict=True) if problem]
    for side, receivers in (("server", "clients"), ("client", "servers")):
        counted = Counter(line["revision"] for line in lines if line["side"] == side)
        kinds = Counter(line["kind"] for line in lines if line["side"] == side)
        print(f"figure: {counted.total()} messages to {receivers} held against the official types"
              f" {dict(sorted(counted.items()))} {dict(kinds)}")
    print(f"figure: {len(wrong)} of {len(lines)} messages are none of their revision")
    assert not wrong, wrong[:3]
    assert {line["revision"] for line in lines} == {*LEGACY, REVISION}
    assert {(line["side"], line["kind"]) for line in lines} >= {
        ("server", "request"), ("server", "notification"), ("server", "result"), ("server", "error"),
        ("client", "request"), ("client", "notification"), ("client", "result"),
    }
    _mistakes_are_found(lines)


def _work(world, url: str, token: str, kind, server: str) -> None:
    """What clients do, as an SDK's client does it."""
    if server == "practice":
        steps = [
            {"list": True}, call("echo", text="x"), {"call": "stream", "arguments": {"count": 2}, "progress": True},
            call("fail"), call("crash"), call("elicit", mode="form"),
        ]
        talk(kind, url, token, steps, lambda _: None, fills={"name": "Maya"})
        return
    seen = world.open[1 if server == "first" else 2]
    before = len(seen.calls("wait"))

    def act(page: str) -> None:
        if page == "cancel":
            eventually(lambda: len(seen.calls("wait")) > before, what="the call at the server")

    steps = [
        {"list": True}, call("echo", text="Zürich ✓"), call("add", a=1, b=2),
        {"call": "steps", "arguments": {"count": 2}, "progress": True}, call("fail"), call("nothing"),
        call("pay", marker=f"wire {kind.name}"), call("ask"), {"cancel": "wait"},
    ]
    talk(kind, url, token, steps, act, fills={"colour": "blue"}, opensPages=True)


def _by_hand(url: str, token: str, revision: str) -> None:
    """A client of one of the older revisions, which the SDKs no longer ask for."""
    headers = {"Accept": "application/json, text/event-stream"}

    def send(body) -> dict:
        answer = HTTP().send_json("POST", url, body, token, headers=headers)
        session = answer.headers.get("Mcp-Session-Id")
        if session:
            headers["Mcp-Session-Id"] = session
        return answer

    hello = {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "by hand", "version": "1"}}
    assert send(_request(0, "initialize", hello)).json()["result"]["protocolVersion"] == revision
    if revision != ASSUMED:
        headers["MCP-Protocol-Version"] = revision
    send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    both = [_request("a", "tools/list"), _request("b", "tools/call", {"name": "echo", "arguments": {"text": "x"}})]
    if revision == ASSUMED:
        assert [message["id"] for message in send(both).json()] == ["a", "b"]
    else:
        assert send(both).status == 400
    for message in (_request(1, "ping"), *both, _request(2, "tools/call", {"name": "nothing"}), _request(3, "what")):
        send(message)


def _mistakes(url: str, token: str) -> None:
    """A modern client that gets things wrong."""
    def meta(version: str) -> dict:
        prefix = "io.modelcontextprotocol"
        return {"_meta": {f"{prefix}/protocolVersion": version, f"{prefix}/clientCapabilities": {}}}

    for method, params, headers in (
        ("server/discover", meta(REVISION), {}), ("what", meta(REVISION), {}), ("tools/list", {}, {}),
        ("tools/list", meta("2099-01-01"), {}), ("tools/list", meta(REVISION), {"Mcp-Method": "tools/call"}),
        ("tools/list", {**meta(REVISION), "cursor": "x"}, {}),
    ):
        headers = {"MCP-Protocol-Version": REVISION, "Mcp-Method": method, **headers}
        HTTP().send_json("POST", url, _request(1, method, params), token, headers=headers)


def _request(number: int | str, method: str, params: dict | None = None) -> dict:
    return {"jsonrpc": "2.0", "id": number, "method": method, **({} if params is None else {"params": params})}


def _lines(exchange: Exchange, ours: list[dict], side: str, all_exchanges: list[Exchange]) -> list[dict]:
    """The messages of one side in an exchange, each with what it must be one of."""
    asked = {message.get("id"): message for message in exchange.sent if "method" in message}
    if side == "client":
        # Answers to what servers ask among their events, which came in another exchange.
        asked = {
            message["id"]: message for other in all_exchanges for message in other.received
            if "method" in message and "id" in message
        }
    return [_line(message, side, exchange, asked.get(message.get("id"))) for message in ours]


def _line(message: dict, side: str, exchange: Exchange, asked: dict | None) -> dict:
    revision = exchange.headers.get("mcp-protocol-version", ASSUMED)
    method = message.get("method") or (asked or {}).get("method")
    if method == "initialize":
        about = message.get("params") or message.get("result") or {}
        revision = about.get("protocolVersion", revision)
    if "method" in message:
        kind = "request" if "id" in message else "notification"
    else:
        kind = "result" if "result" in message else "error"
    return {"side": side, "revision": revision, "kind": kind, "method": method, "message": message}


def _judge(lines: list[dict]) -> list[str | None]:
    """What is wrong with each message, by the types; nothing for most."""
    answer = subprocess.run(
        [str(python(2)), str(FOLDER / "sdk_types.py")], input="\n".join(json.dumps(line) for line in lines),
        capture_output=True, text=True, timeout=TYPES_SECONDS, check=True)
    return [json.loads(line) for line in answer.stdout.splitlines()]


def _mistakes_are_found(lines: list[dict]) -> None:
    """The judge is no yes-man: a message that lacks what its revision demands is found out."""
    def without(side: str, kind: str, method: str, revision: str, *path: str) -> dict:
        line = next(
            copy.deepcopy(line) for line in lines
            if (line["side"], line["kind"], line["method"], line["revision"]) == (side, kind, method, revision))
        place = line["message"]
        for name in path[:-1]:
            place = place[name]
        del place[path[-1]]
        return line

    broken = [
        without("server", "result", "tools/list", REVISION, "result", "ttlMs"),
        without("server", "result", "tools/list", "2025-11-25", "result", "tools"),
        without("client", "request", "tools/call", REVISION, "params", "_meta"),
        without("client", "request", "tools/call", "2025-11-25", "params", "name"),
        without("client", "request", "initialize", "2025-11-25", "params", "clientInfo"),
    ]
    assert all(_judge(broken))
