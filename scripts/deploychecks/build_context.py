"""What .dockerignore lets into the build of the images, by the rules of docker build."""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Keys, data and build products: whatever gets into the build may stay in a layer.
KEPT_OUT = (".git", ".lanyard", ".build", ".venv")


def check_build_context(repository: Path) -> Iterator[str]:
    """The package manager refuses a manifest with a folder missing: all of them must come in, also those of tests."""
    rules = _rules((repository / ".dockerignore").read_text(encoding="utf-8"))
    for path in sorted({"Package.swift", *_targets(repository), *_copied(repository)}):
        if not _lets_in(rules, path):
            yield f".dockerignore keeps {path} out, without which no image is built"
    for path in KEPT_OUT:
        if _lets_in(rules, path):
            yield f".dockerignore lets {path} in"


def _targets(repository: Path) -> list[str]:
    # A folder of its own, so that this does not wait for a build that runs.
    with tempfile.TemporaryDirectory() as scratch:
        manifest = subprocess.run(
            ["swift", "package", "--scratch-path", scratch, "dump-package"], cwd=repository, check=True,
            capture_output=True, text=True,
        ).stdout
    return [target["path"] for target in json.loads(manifest)["targets"]]


def _copied(repository: Path) -> list[str]:
    """The single files that the Dockerfile takes from the context; `COPY . .` names none."""
    text = (repository / "deploy/docker/Dockerfile").read_text(encoding="utf-8")
    instructions = re.findall(r"^COPY ((?:--\S+ )*)(\S+) \S+$", text, re.MULTILINE)
    return [source for options, source in instructions if "--from" not in options and source != "."]


def _rules(text: str) -> list[tuple[bool, re.Pattern[str]]]:
    """Each line as whether it lets in, and what it is about: a path, and everything below it."""
    lines = [line.strip() for line in text.splitlines()]
    return [(line.startswith("!"), _pattern(line.lstrip("!"))) for line in lines if line and not line.startswith("#")]


def _pattern(glob: str) -> re.Pattern[str]:
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", glob.strip("/"))
    return re.compile("".join(parts.get(piece, re.escape(piece)) for piece in pieces) + "(?:/.*)?")


def _lets_in(rules: list[tuple[bool, re.Pattern[str]]], path: str) -> bool:
    """The last rule that is about a path decides; without one it comes in."""
    decisions = [lets_in for lets_in, pattern in rules if pattern.fullmatch(path)]
    return decisions[-1] if decisions else True
