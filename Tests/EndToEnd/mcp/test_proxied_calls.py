"""Calls to servers that an app names itself: off the organization's ceilings, and on its record."""

import base64
import json
from urllib.parse import urlsplit

from harness import application, eventually
from localstack.tools import REVISION

CANARY = "an argument that is nobody's business"


def test_a_proxied_call_is_in_the_audit_trail_with_its_host_and_without_its_arguments(world):
    organization = world.harness.organization()
    member = world.member(organization, "maya")
    app, server = application("notes"), world.open[2]
    prefix = "io.modelcontextprotocol"
    meta = {f"{prefix}/protocolVersion": REVISION, f"{prefix}/clientCapabilities": {}}
    message = {
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "echo", "arguments": {"text": CANARY}, "_meta": meta},
    }
    answer = member.api.raw("POST", "/mcp/proxy", message, headers={
        "Lanyard-Application": base64.urlsafe_b64encode(json.dumps(app).encode()).decode().rstrip("="),
        "Lanyard-Server-Url": server.url, "MCP-Protocol-Version": REVISION, "Mcp-Method": "tools/call",
        "Mcp-Name": "echo",
    })
    assert answer.json()["message"]["result"]["content"][0]["text"] == CANARY, answer.text
    path = "/v1/audit?action=mcp-server.tool.called"
    (entry,) = eventually(lambda: organization.owner.call("GET", path)["items"], what="the entry")
    assert entry["details"]["host"] == urlsplit(server.url).netloc
    assert entry["details"]["tool"] == "echo"
    assert entry["outcome"] == "succeeded"
    assert entry["applicationId"] == app["id"] and entry["actor"]["kind"] == "application"
    assert entry["userId"] and "target" not in entry
    assert CANARY not in json.dumps(entry)
