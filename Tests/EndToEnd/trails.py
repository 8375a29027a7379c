"""What must hold of the audit trail of a whole stack, whatever tests have run there."""

import json
import subprocess
from pathlib import Path

from harness import Harness, sql

COMMAND_SECONDS = 300
SERVICES = ("policy", "vault")
# Whose doings have nobody behind them: the organization's host platform by its key, and the operator.
ALONE = ("hostPlatform", "operatorCommand")
# What a service does where there is nobody: a grant that names nobody is refused, nobody was signed in, keys are rotated, unneeded secrets go.
WITHOUT_PERSON = ("grant.refused", "sign-in.refused", "organization.key.%", "secret.destroyed")
# What policy has the exchanger do by itself: the secret of an identity provider's client, for a sign-in, before which nobody is known.
FOR_SIGN_IN = "action = 'secret.released' AND actor_kind = 'service' AND actor_id = 'policy' AND caller = 'exchanger'"


def verify(
    harness: Harness, service: str, organization: str | None = None, checkpoints: bool = True
) -> subprocess.CompletedProcess:
    """`lanyard audit verify` as an operator runs it."""
    layout = harness.stack.layout
    arguments = [
        harness.binaries / "lanyard", "audit", "verify", "--service", service, "--json",
        "--database-url-file", harness.running.databases[service].owner_url_file,
    ]
    if checkpoints:
        arguments += ["--checkpoints", layout.checkpoints / service, "--service-keys", layout.keys / "service-keys.json"]
    if organization:
        arguments += ["--organization", organization]
    return subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS)


def prove(harness: Harness, name: str, tampered: set[str] = frozenset()) -> None:
    """Every chain is intact but those that tests have tampered with, and every row names who acted for whom."""
    chains = entries = 0
    for service in SERVICES:
        outcome = verify(harness, service)
        verdicts = [json.loads(line) for line in outcome.stdout.splitlines()]
        assert verdicts, outcome.stderr
        broken = {verdict["chain"] for verdict in verdicts if not verdict["intact"]}
        assert broken <= tampered, [verdict for verdict in verdicts if verdict["chain"] in broken - tampered]
        assert (outcome.returncode == 0) == (not broken), outcome.stdout + outcome.stderr
        chains += len(verdicts) - len(broken)
        entries += sum(verdict["entries"] for verdict in verdicts)
        unsaid = nameless(harness, service, tampered)
        assert unsaid == [], f"{service}: {unsaid}"
    kinds = {action for service in SERVICES for action in actions(harness, service)}
    print(f"figure: audit after all tests of {name}: {chains} chains with {entries} entries intact, "
          f"{len(kinds)} kinds of actions, each row with its agent, and its person where there is one")


def nameless(harness: Harness, service: str, tampered: set[str] = frozenset()) -> list[str]:
    """Rows that do not say who acted, or for whom.

    The agent is named by kind and id, a Charm and an Application also by their own fields, and a person wherever it was not the host platform or
    the operator by themselves.
    """
    left_out = ", ".join(f"'{each}'" for each in sorted(tampered)) or "''"
    alone = ", ".join(f"'{each}'" for each in ALONE)
    nobody = " OR ".join(f"action LIKE '{each}'" for each in WITHOUT_PERSON)
    return sql(
        harness, service,
        "SELECT DISTINCT action || ' by ' || actor_kind || CASE WHEN user_id IS NULL THEN ' for nobody' ELSE '' END"
        f" FROM audit_entry WHERE organization_id NOT IN ({left_out}) AND (actor_kind = '' OR actor_id IS NULL"
        " OR (actor_kind = 'member' AND user_id IS DISTINCT FROM actor_id)"
        " OR (actor_kind = 'charm' AND charm_id IS DISTINCT FROM actor_id)"
        " OR (actor_kind = 'application' AND application_id IS DISTINCT FROM actor_id)"
        f" OR (user_id IS NULL AND actor_kind NOT IN ({alone}) AND NOT ({nobody} OR ({FOR_SIGN_IN}))))").splitlines()


def actions(harness: Harness, service: str) -> list[str]:
    return sql(harness, service, "SELECT DISTINCT action FROM audit_entry").splitlines()


def checkpoint_lines(folder: Path) -> list[dict]:
    """Those that are whole: the last line may be written just now."""
    return [json.loads(line) for file in folder.glob("*.jsonl") for line in file.read_text().split("\n")[:-1]]
