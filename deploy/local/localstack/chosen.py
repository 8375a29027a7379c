"""Settings of the services in the environment of `make up`: each service gets those that it has.

A service refuses to start with a setting that it does not know, so each is asked which ones it has, and what it thinks of the values
before anything is started or stopped.
"""

import re
import subprocess
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from .errors import StackError
from .options import OWN, PREFIX
from .settings import SERVICES, fixed_names, usual

# Either answer takes a moment; a debug build among many on a busy machine may take longer.
_ANSWER_SECONDS = 60
# How `--help` lists a setting. A secret may also be given by a file.
_LISTED = re.compile(r"^  (LANYARD_[A-Z0-9_]+)(\[_FILE\])?$", re.MULTILINE)
# How `--check-configuration` says that something is wrong, beginning with the setting if it is about one.
_PROBLEM = re.compile(r"^- ((LANYARD_[A-Z0-9_]+)?.*)$", re.MULTILINE)
_CONFIGURATION_FILE = "LANYARD_CONFIG_FILE"
# What chooses the same for the stack as a whole.
_INSTEAD = {
    "LANYARD_HTTP_PORT": "LANYARD_PORT is the gateway's port",
    "LANYARD_PUBLIC_URL": "LANYARD_PORT is the gateway's port",
    "LANYARD_DATABASE_URL": "DATABASE_URL names a PostgreSQL server that is there already",
}
# How alike two names must be, from 0 to 1, for one to be taken as the other's slip: FLOW_LIFETIME is 0.76 of FLOW_LIFETIME_SECONDS.
_ALIKE = 0.7


@dataclass(frozen=True)
class Chosen:
    """What was chosen and some service has, the same by service, and what no service has."""

    known: dict[str, str]
    by_service: dict[str, dict[str, str]]
    # The variable, and the name that was probably meant.
    unknown: dict[str, str | None]


def share_out(settings: dict[str, str], binaries: Path) -> Chosen:
    """Gives each service its own settings. Raises with every one that the stack sets itself, and with every wrong value."""
    if not settings:
        return Chosen({}, {}, {})
    listed = {service: _listed(binaries / service) for service in (*SERVICES, "sandbox")}
    names = {variable: name for own in listed.values() for variable, name in own.items()}
    taken = {names.get(variable, variable) for variable in fixed_names()}
    known = {variable: value for variable, value in settings.items() if variable in names}
    refused = [
        _refusal(variable, names[variable]) for variable in sorted(known)
        if variable == _CONFIGURATION_FILE or names[variable] in taken
    ]
    if refused:
        raise StackError("\n".join(refused))
    by_service = {
        service: {variable: value for variable, value in known.items() if variable in own}
        for service, own in listed.items()
    }
    _check(by_service, binaries)
    candidates = {*OWN, *(variable for variable, name in names.items() if name not in taken)}
    unknown = {variable: _nearest(variable, candidates) for variable in sorted(settings.keys() - known.keys())}
    return Chosen(known, by_service, unknown)


def _refusal(variable: str, name: str) -> str:
    if variable == _CONFIGURATION_FILE:
        return f"{variable} holds the settings of one service and would reach all of them: set each by its own name."
    instead = f" {_INSTEAD[name]}." if name in _INSTEAD else ""
    return f"{variable} is set by the stack itself, so that its parts find each other: leave it out.{instead}"


def _check(by_service: dict[str, dict[str, str]], binaries: Path) -> None:
    """Raises with what the services say about the chosen values. What they miss is still to come, and begins with another name."""
    found: dict[str, list[str]] = {}
    for service, chosen in by_service.items():
        if chosen:
            answer = _ask(binaries / service, "--check-configuration", {**usual(service), **chosen})
            for problem, variable in _PROBLEM.findall(answer.stderr):
                if not variable or variable in chosen:
                    found.setdefault(problem, []).append(service)
    if found:
        raise StackError("\n".join(f"{problem} ({', '.join(services)})." for problem, services in found.items()))


def _nearest(variable: str, candidates: set[str]) -> str | None:
    names = [candidate.removeprefix(PREFIX) for candidate in sorted(candidates)]
    found = get_close_matches(variable.removeprefix(PREFIX), names, n=1, cutoff=_ALIKE)
    return PREFIX + found[0] if found else None


def _listed(program: Path) -> dict[str, str]:
    """The variables of one service, each with the name of its setting: a secret has two."""
    answer = _ask(program, "--help", {})
    names = {}
    for name, is_secret in _LISTED.findall(answer.stdout):
        names[name] = name
        if is_secret:
            names[f"{name}_FILE"] = name
    if answer.returncode != 0 or not names:
        raise StackError(f"{program.name} --help does not list its settings (exit code {answer.returncode}): build again.")
    return names


def _ask(program: Path, question: str, environment: dict[str, str]) -> subprocess.CompletedProcess:
    return subprocess.run(
        [program, question], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        timeout=_ANSWER_SECONDS,
    )
