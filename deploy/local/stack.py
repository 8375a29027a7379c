#!/usr/bin/env python3
"""The local stack: `stack.py up`, `stack.py down [--erase]`, `stack.py status`. See README.md."""

import argparse
import fcntl
import os
import sys
from dataclasses import replace
from pathlib import Path

from localstack import summary
from localstack.build import build, find_binaries
from localstack.chosen import share_out
from localstack.errors import StackError
from localstack.journey import run as run_journey
from localstack.layout import read_json, write_private_json
from localstack.options import Options
from localstack.stack import Stack

REPOSITORY = Path(__file__).resolve().parents[2]
# Everything that the stack creates is closed to other users unless it says otherwise.
UMASK = 0o022


def up(options: Options, arguments: argparse.Namespace) -> None:
    """Builds, starts, does the main job where it was not done before, and prints what there is."""
    if arguments.skip_build:
        binaries = find_binaries(options.repository, options.configuration)
    else:
        binaries = build(options.repository, options.configuration)
    chosen = share_out(options.settings, binaries)
    summary.warn_of_unknown(chosen.unknown)
    stack = Stack(replace(options, settings=chosen.known, overrides=chosen.by_service), say=summary.step)
    with exclusive(stack):
        is_done = read_json(stack.layout.state_file).get("journeyDone")
        if is_done and stack.is_up() and not stack.changed_choices():
            stack.renew_login()
            summary.show_up_already(stack.layout)
            return
        running = stack.up(binaries)
        state = read_json(stack.layout.state_file)
        outcome = None
        if not state.get("journeyDone"):
            try:
                outcome = run_journey(running, summary.step)
            except (StackError, OSError, KeyError) as error:
                summary.journey_failed(running, error)
                sys.exit(1)
            write_private_json(stack.layout.state_file, {**read_json(stack.layout.state_file), "journeyDone": True})
    summary.show(running, outcome)


def down(options: Options, arguments: argparse.Namespace) -> None:
    """Stops everything."""
    stack = Stack(options)
    if not stack.layout.data.exists():
        summary.step("Nothing to stop")
        return
    with exclusive(stack):
        stopped = stack.down(arguments.erase)
    summary.step(f"Stopped {', '.join(stopped)}" if stopped else "Nothing was running")
    if arguments.erase:
        summary.step(f"Erased {stack.layout.data}")


def status(options: Options, arguments: argparse.Namespace) -> None:
    """Says what runs; exit code 1 when nothing does."""
    stack = Stack(options)
    running = stack.processes.running() if stack.layout.processes.exists() else {}
    for name, pid in running.items():
        print(f"{name:<12} running, process {pid}")
    if not running:
        print("The stack is down.")
        sys.exit(1)


class exclusive:
    """Holds the data folder's lock, so that two starts at once cannot get into each other's way."""

    def __init__(self, stack: Stack):
        stack.layout.data.mkdir(parents=True, exist_ok=True)
        self._file = open(stack.layout.lock_file, "w", encoding="utf-8")

    def __enter__(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError("Another make up or make down is at work in this folder.") from None

    def __exit__(self, *_) -> None:
        self._file.close()


def main() -> None:
    os.umask(UMASK)
    parser = argparse.ArgumentParser(description="Runs Lanyard on this machine.")
    commands = parser.add_subparsers(required=True)
    up_parser = commands.add_parser("up", help="build and start everything")
    up_parser.add_argument("--skip-build", action="store_true", help="use the executables as they are")
    up_parser.set_defaults(run=up)
    down_parser = commands.add_parser("down", help="stop everything")
    down_parser.add_argument("--erase", action="store_true", help="erase the data and the keys as well")
    down_parser.set_defaults(run=down)
    commands.add_parser("status", help="what runs").set_defaults(run=status)
    arguments = parser.parse_args()
    try:
        arguments.run(Options.from_environment(REPOSITORY), arguments)
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
