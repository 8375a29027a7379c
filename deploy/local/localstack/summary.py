"""What the person at the terminal reads."""

import sys

from .journey import Outcome
from .layout import Layout, read_json
from .processes import tail
from .stack import RunningStack


def step(text: str) -> None:
    """One line of progress."""
    print(f"  • {text}", flush=True)


def warn_of_unknown(variables: dict[str, str | None]) -> None:
    """Names what was set and reaches nobody, with what was probably meant."""
    for variable, suggestion in variables.items():
        hint = f"; did you mean {suggestion}?" if suggestion else ""
        print(f"  ! {variable} is not a setting of the stack or of any service{hint}", file=sys.stderr, flush=True)


def show(stack: RunningStack, outcome: Outcome | None) -> None:
    """The end of `make up`: where things are and what to try."""
    file = stack.layout.stack_file
    lines = ["", "Lanyard is up.", ""]
    lines += [f"  {instance.name:<12} {instance.url}" for instance in stack.plan.instances]
    lines += [""] + _console(stack.layout)
    lines += ["", f"  Three example apps to click through: {stack.examples.url}"]
    lines += ["", f"  Credentials and addresses: {file} (readable by you only)", f"  Logs: {stack.layout.logs}"]
    if outcome is not None:
        lines += [
            "",
            f"The main job is done: {outcome.account} is connected as {outcome.connection_id}.",
            f"What the vault stored for it: {outcome.sealed_bytes} sealed bytes, beginning",
            f"  {outcome.sealed_prefix}",
        ]
    lines += [
        "",
        "To try next:",
        f"  key=$(python3 -c \"import json; print(json.load(open('{file}'))['ownerSessionToken'])\")",
        f"  curl -H \"Authorization: Bearer $key\" {stack.gateway_url}/v1/integrations",
        f"  curl -H \"Authorization: Bearer $key\" {stack.gateway_url}/v1/connections",
    ]
    if outcome is not None:
        called = outcome.charm
        lines += [
            "",
            f"To call {called.tool} as the Charm {called.charm_id}, give an MCP client the address",
            f"  {stack.gateway_url}/mcp/{called.server_id}",
            "and the token of a session of the Charm:",
            f"  key=$(python3 -c \"import json; print(json.load(open('{file}'))['apiKey'])\")",
            f"  curl -H \"Authorization: Bearer $key\" -H 'Content-Type: application/json' {stack.gateway_url}/v1/sessions \\",
            f"    -d '{{\"user\":{{\"id\":\"ada\"}},\"charmId\":\"{called.charm_id}\"}}'",
        ]
    lines += [
        "",
        "make down stops it and keeps the data; make clean-data erases the data.",
    ]
    print("\n".join(lines), flush=True)


def show_up_already(layout: Layout) -> None:
    """A second `make up` while everything runs: nothing to do but to say where things are."""
    stack = read_json(layout.stack_file)
    print(f"\nLanyard is up already, at {stack['gatewayUrl']}; credentials in {layout.stack_file}.")
    print("\n".join(_console(layout)))
    print(f"Three example apps to click through: {stack['examples']['url']}")
    print("To run a new build: make down, then make up. The data stays.")


def _console(layout: Layout) -> list[str]:
    link = read_json(layout.stack_file)["consoleLoginUrl"]
    return [
        "  The console, as the owner: integrations, MCP servers, connections. The link works once (lanyard login prints another):",
        f"    {link}",
    ]


def journey_failed(stack: RunningStack, error: Exception) -> None:
    """The services run but the main job did not work: say so, keep them running, and show where to look."""
    reason = str(error) if str(error) else type(error).__name__
    print(f"\nThe services run, but the main job failed: {reason}", file=sys.stderr)
    for name in ("gateway", "exchanger", "vault", "policy"):
        print(f"\nThe end of {name}.log:\n{tail(stack.layout.logs / f'{name}.log', 5)}", file=sys.stderr)
