"""`lanyard export`, `plan` and `apply`, and the commands for one thing at a time: the real executable against a running gateway."""

import json
import os
import subprocess

import pytest

COMMAND_SECONDS = 60
CONFIGURATION_EXIT_CODE = 78
DIFFERS = 2
TOKEN = "the-token-of-the-search-server"
SEARCH = {"name": "Search", "url": "https://search.example.com/mcp",
          "auth": {"type": "staticToken", "token": {"secretRef": "search-token"}}}


class Command:
    def __init__(self, world, tenant, folder):
        self.binary = world.harness.binaries / "lanyard"
        self.folder = folder
        self.secret("api.key", tenant.organization.host._token)
        self.place = ["--gateway", tenant.gateways[0], "--api-key-file", "api.key"]

    def secret(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text + "\n", encoding="utf-8")
        path.chmod(0o600)
        return name

    def run(self, *arguments: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.binary, *arguments, *self.place], capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS,
            cwd=self.folder, input=typed, env={**os.environ, **environment})

    def json(self, *arguments: str, **environment: str):
        outcome = self.run(*arguments, "--json", **environment)
        assert outcome.returncode == 0, outcome.stderr
        return json.loads(outcome.stdout)

    def export(self) -> dict:
        assert self.run("export", "-f", "organization.json").returncode == 0
        return json.loads((self.folder / "organization.json").read_text(encoding="utf-8"))

    def write(self, document) -> str:
        (self.folder / "organization.json").write_text(json.dumps(document), encoding="utf-8")
        return "organization.json"


@pytest.fixture
def command(world, tenant, tmp_path):
    return Command(world, tenant, tmp_path)


def test_a_file_is_exported_planned_and_applied(tenant, command):
    document = command.export()
    assert json.loads(command.run("export").stdout) == document
    assert command.run("plan", "-f", "organization.json", "--exit-code").returncode == 0
    command.write({**document, "mcpServers": [SEARCH, *document["mcpServers"]],
                   "rules": [{"name": "No counting", "effect": "deny", "resources": {"tools": ["count"], "mcpServers": ["Open"]}}]})
    plan = command.run("plan", "-f", "organization.json", "--exit-code")
    assert plan.returncode == DIFFERS, plan.stderr
    assert [line.split() for line in plan.stdout.splitlines()[:2]] == [["+", "mcpServer", "Search"], ["+", "rule", "No", "counting"]]
    assert "LANYARD_SECRET_SEARCH_TOKEN" in plan.stdout and "touches " in plan.stdout
    missing = command.run("apply", "-f", "organization.json", "--yes")
    assert missing.returncode == 1 and "organization.json: /mcpServers/0/auth/token/secretRef needs the value" in missing.stderr
    refused = command.run("apply", "-f", "organization.json", typed="no\n", LANYARD_SECRET_SEARCH_TOKEN=TOKEN)
    assert refused.returncode == 1 and "Nothing was applied." in refused.stderr
    assert tenant.owner.call("GET", "/v1/rules")["items"] == []
    applied = command.run("apply", "-f", "organization.json", typed="yes\n", LANYARD_SECRET_SEARCH_TOKEN=TOKEN)
    assert applied.returncode == 0, applied.stderr
    assert "applied: 2 new, 0 changed, 0 deleted" in applied.stdout and TOKEN not in applied.stdout + applied.stderr
    again = command.json("apply", "-f", "organization.json", "--prune", "--yes")
    assert not again["created"] + again["changed"] + again["deleted"]
    # A file in which the server is not any more.
    command.write(document)
    kept = command.json("plan", "-f", "organization.json")
    assert kept["deleted"] == [], "what a file leaves out stays"
    pruned = command.json("apply", "-f", "organization.json", "--prune", "--yes")
    assert {entry["name"] for entry in pruned["deleted"]} == {"Search", "No counting"}
    assert command.export() == document


def test_secrets_come_from_private_files_and_never_from_the_command_line(command):
    command.write({"mcpServers": [SEARCH]})
    file = command.secret("token", TOKEN)
    for options, told in [
        (["--secret", f"search-token={TOKEN}"], "--secret must be NAME=@FILE"),
        (["--secret", f"other=@{file}"], "refers to no such secret"),
        (["--replace-secret", "search-token"], "--replace-secret search-token: its value is missing"),
    ]:
        refused = command.run("plan", "-f", "organization.json", *options)
        assert refused.returncode == CONFIGURATION_EXIT_CODE and told in refused.stderr, refused.stderr
    (command.folder / "open").write_text(TOKEN, encoding="utf-8")
    (command.folder / "open").chmod(0o644)
    assert command.run("plan", "-f", "organization.json", "--secret", "search-token=@open").returncode == CONFIGURATION_EXIT_CODE
    assert len(command.json("apply", "-f", "organization.json", "--yes", "--secret", f"search-token=@{file}")["created"]) == 1
    replaced = command.json(
        "apply", "-f", "organization.json", "--yes", "--secret", f"search-token=@{file}", "--replace-secret", "search-token")
    assert [entry["fields"] for entry in replaced["changed"]] == [["token"]]


def test_every_problem_of_a_file_is_told_with_its_place(command):
    command.write({"rules": [{"name": "R"}], "charms": [{"id": "c"}], "more": 1})
    refused = command.run("plan", "-f", "organization.json")
    assert refused.returncode == CONFIGURATION_EXIT_CODE
    for place in ("/more is unknown", "/rules/0/effect is missing", "/charms/0/name is missing", "/charms/0/mcpServers is missing"):
        assert f"organization.json: {place}" in refused.stderr, refused.stderr
    command.write("not a document")
    assert "must be an object" in command.run("plan", "-f", "organization.json").stderr


def test_one_thing_at_a_time(tenant, command):
    listed = command.run("integrations", "list")
    assert listed.returncode == 0 and listed.stdout.split()[0] == tenant.integration["id"]
    assert "clientSecret" not in command.run("integrations", "show", tenant.integration["id"]).stdout
    command.secret("client.secret", "a-client-secret")
    made = command.run("integrations", "create", "--name", "GitHub", "--provider", "github", "--client-id", "x",
                       "--client-secret-file", "client.secret", "--scope", "repo")
    assert made.returncode == 0 and made.stdout.startswith("created  int_"), made.stderr
    integration = made.stdout.split()[1]
    assert command.json("integrations", "show", integration)["defaultScopes"] == ["repo"]
    made = command.run("mcp-servers", "create", "--name", "Accounts", "--url", "https://a.example.com/mcp", "--integration", integration)
    server = made.stdout.split()[1]
    assert {item["id"] for item in command.json("mcp-servers", "list")} == {server, tenant.server["id"]}
    refused = command.run("integrations", "delete", integration)
    assert refused.returncode == 1 and "Accounts" in refused.stderr, "it is in use"
    made = command.run("charms", "create", "--name", "Helper", "--id", "a/b c", "--mcp-server", server)
    assert made.returncode == 0, made.stderr
    assert command.json("charms", "show", "a/b c")["mcpServers"] == [{"mcpServerId": server}]
    assert "touches " in command.run("mcp-servers", "delete", server, "--dry-run").stdout
    for kind, thing in [("charms", "a/b c"), ("mcp-servers", server), ("integrations", integration)]:
        gone = command.run(kind, "delete", thing)
        assert gone.returncode == 0, gone.stderr
        assert command.run(kind, "show", thing).returncode == 1


def test_connections_are_listed_and_revoked(world, tenant, command):
    maya = tenant.member("maya")
    connection = world.harness.connect(maya, tenant.integration, world.party, {"id": "mail", "name": "Mail"})["id"]
    user = tenant.user(maya)
    assert [item["id"] for item in command.json("connections", "list", "--user", user, "--status", "active")] == [connection]
    assert "accessToken" not in command.run("connections", "show", connection, "--json").stdout
    revoked = command.run("connections", "revoke", connection)
    assert revoked.returncode == 0 and revoked.stdout.startswith(f"revoking  {connection}  rev_"), revoked.stderr
    assert command.json("connections", "list", "--user", user, "--status", "active") == []
    assert command.run("connections", "list", "--user", "maya").returncode == CONFIGURATION_EXIT_CODE
