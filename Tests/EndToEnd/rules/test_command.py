"""`lanyard rules`, the real executable against a running gateway, with an API key in a file."""

import json
import subprocess

import pytest

COMMAND_SECONDS = 60
CONFIGURATION_EXIT_CODE = 78

RULES = [
    {"name": "No counting", "effect": "deny", "resources": {"tools": ["count"]}},
    {"name": "Echo for sales", "effect": "allow", "subjects": {"groups": ["sales"]}, "resources": {"tools": ["echo"]}},
]


class Lanyard:
    def __init__(self, world, tenant, folder):
        self.binary = world.harness.binaries / "lanyard"
        self.folder = folder
        key = folder / "api.key"
        key.write_text(tenant.organization.host._token + "\n", encoding="utf-8")
        key.chmod(0o600)
        self.place = ["--gateway", tenant.gateways[0] + "/", "--api-key-file", str(key)]

    def run(self, *arguments: str, place: bool = True) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.binary, "rules", *arguments, *(self.place if place else [])], capture_output=True, text=True, check=False,
            timeout=COMMAND_SECONDS, cwd=self.folder)

    def json(self, *arguments: str):
        outcome = self.run(*arguments, "--json")
        assert outcome.returncode == 0, outcome.stderr
        return json.loads(outcome.stdout)

    def file(self, rules, name: str = "rules.json") -> str:
        (self.folder / name).write_text(rules if isinstance(rules, str) else json.dumps(rules), encoding="utf-8")
        return name


@pytest.fixture
def lanyard(world, tenant, tmp_path):
    return Lanyard(world, tenant, tmp_path)


def test_a_file_is_applied_once_and_changed_by_name(tenant, lanyard):
    file = lanyard.file(RULES)
    assert lanyard.json("list") == []
    first = lanyard.json("apply", file)
    assert len(first["created"]) == 2 and not first["changed"] + first["unchanged"] + first["deleted"]
    stored = {rule["name"]: rule for rule in tenant.owner.call("GET", "/v1/rules")["items"]}
    assert {name: rule["effect"] for name, rule in stored.items()} == {"No counting": "deny", "Echo for sales": "allow"}
    assert {rule["id"] for rule in lanyard.json("list")} == set(first["created"])
    assert set(lanyard.json("apply", file)["unchanged"]) == set(first["created"])
    # Another version of one, and one that is not in the file.
    extra = tenant.rule("deny", "By hand", resources={"tools": ["whoami"]})
    changed = lanyard.file([{**RULES[0], "mode": "shadow"}, RULES[1]])
    second = lanyard.json("apply", changed)
    assert second["changed"] == [stored["No counting"]["id"]] and second["deleted"] == []
    assert tenant.owner.call("GET", f"/v1/rules/{stored['No counting']['id']}")["mode"] == "shadow"
    assert lanyard.json("apply", changed, "--prune")["deleted"] == [extra["id"]]
    listed = lanyard.run("list")
    assert listed.returncode == 0 and len(listed.stdout.splitlines()) == 2
    assert [stored['No counting']['id'], 'deny', 'shadow', 'No', 'counting'] in [line.split() for line in listed.stdout.splitlines()]


def test_a_preview_says_what_applying_would_mean_and_changes_nothing(tenant, lanyard):
    maya = tenant.user(tenant.member("maya"))
    file = lanyard.file(RULES)
    preview = lanyard.json("preview", file)
    assert {(change["userId"], change["tool"]) for change in preview["changes"]} >= {(maya, "count")}
    assert {change["tool"] for change in preview["changes"]} == {"count"}
    text = lanyard.run("preview", file).stdout
    assert f"{maya}  {tenant.server['id']} count  allowed -> refused" in text and "Connections" in text
    assert tenant.owner.call("GET", "/v1/rules")["items"] == []
    lanyard.json("apply", file)
    assert lanyard.json("preview", file)["changes"] == [], "applied again, nothing changes"
    assert {change["after"] for change in lanyard.json("preview", lanyard.file([]), "--prune")["changes"]} == {"allowed"}


def test_a_file_is_checked_without_a_gateway(lanyard):
    good = lanyard.run("check", lanyard.file(RULES), place=False)
    assert good.returncode == 0 and good.stdout.startswith("ok  2 rules, ")
    for rules, told in [
        ("{", "is not JSON"), ({"rules": []}, "must be a list"),
        ([{"name": "x", "effect": "perhaps"}], "/0/effect"), ([{"effect": "deny"}], "/0/name"),
        ([{**RULES[0], "subjects": {"users": []}}], "/0/subjects/users"), ([RULES[0], RULES[0]], "/1/name"),
        ([{**RULES[0], "resource": {}}, {"name": "y"}], "/1/effect"),
    ]:
        bad = lanyard.run("check", lanyard.file(rules), place=False)
        assert bad.returncode == CONFIGURATION_EXIT_CODE and told in bad.stderr, (rules, bad.stderr)
        # What is wrong in the file is said before anybody is asked.
        assert lanyard.run("apply", lanyard.file(rules)).returncode == CONFIGURATION_EXIT_CODE


def test_a_decision_is_explained(tenant, lanyard):
    lanyard.json("apply", lanyard.file(RULES))
    maya, server = tenant.user(tenant.member("maya")), tenant.server["id"]
    answer = lanyard.json("explain", "--user", maya, "--mcp-server", server, "--tool", "count")
    assert answer["effect"] == "deny" and "No counting" in answer["reasons"][0]
    text = lanyard.run("explain", "--user", maya, "--mcp-server", server, "--tool", "count").stdout
    assert text.startswith(f"deny  {answer['decidingRule']}\nbecause  ") and "unless   " in text
    arguments = lanyard.file({"text": "a"}, "arguments.json")
    echo = lanyard.json("explain", "--user", maya, "--mcp-server", server, "--tool", "echo", "--arguments-file", arguments)
    assert echo["effect"] == "allow"
    mail = lanyard.json("explain", "--user", maya, "--integration", tenant.integration["id"], "--scope", "mail.read")
    assert mail["effect"] == "allow"
    wrong = lanyard.run("explain", "--user", "maya", "--mcp-server", server)
    assert wrong.returncode == CONFIGURATION_EXIT_CODE and "--user" in wrong.stderr


def test_what_the_gateway_refuses_is_said_with_its_own_words(tenant, lanyard):
    foreign = [{**RULES[0], "resources": {"mcpServers": [f"mcp_{'a' * 26}"]}}]
    refused = lanyard.run("apply", lanyard.file(foreign))
    assert refused.returncode == 1 and "names no MCP server of the organization" in refused.stderr
    tenant.rule("deny", "Twice"), tenant.rule("deny", "Twice")
    twice = lanyard.run("apply", lanyard.file([{"name": "Twice", "effect": "deny"}]))
    assert twice.returncode == CONFIGURATION_EXIT_CODE and "2 rules named" in twice.stderr
    (lanyard.folder / "api.key").write_text("lyk_wrong", encoding="utf-8")
    stranger = lanyard.run("list")
    assert stranger.returncode == 1 and stranger.stderr.startswith("lanyard: ")
    assert "lyk_wrong" not in stranger.stderr
    (lanyard.folder / "api.key").chmod(0o644)
    assert lanyard.run("list").returncode == CONFIGURATION_EXIT_CODE
    alone = lanyard.run("list", "--gateway", tenant.gateways[0], place=False)
    assert alone.returncode != 0 and "--api-key-file" in alone.stderr
