"""What each container is told by its image, by Compose and by Kubernetes, held against the settings of its service."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from localstack.databases import Database
from localstack.layout import Layout
from localstack.settings import SERVICES, Instance, Plan, Practice, environment
from localstack.sql import Server

from .known_settings import KnownSettings, long_name

# Names of variables by service.
Told = dict[str, set[str]]

OURS = ("LANYARD_", "SANDBOX_")
NOT_COMPARED = {
    # Only where the practice provider is.
    "LANYARD_SANDBOX_ISSUER",
    # Settings of the local stack alone: a deployment keeps the defaults.
    "LANYARD_SIGN_IN_LINK_SECONDS", "LANYARD_CONNECT_SIGN_IN", "LANYARD_MCP_EXPLICIT_SERVERS",
}


def check_variables(repository: Path) -> Iterator[str]:
    images = _images(repository)
    compose = _compose(repository, images, "docker-compose.yml")
    practice = _compose(repository, images, "docker-compose.yml", "deploy/docker/practice.yml")
    kubernetes = _kubernetes(repository, images)
    yield from _compare("docker-compose.yml", compose, _local(repository))
    yield from _compare("deploy/kubernetes", kubernetes, _local(repository))
    for place, told in (("docker-compose.yml", compose), ("practice.yml", practice), ("deploy/kubernetes", kubernetes)):
        yield from _understood(repository, place, told)


def _compare(place: str, told: Told, local: Told) -> Iterator[str]:
    """The containers are told the same variables as the local stack, which runs in every test."""
    for service in SERVICES:
        for name in sorted((told[service] ^ local[service]) - NOT_COMPARED):
            yield f"{place}: {service} and the local stack differ in {name}"


def _understood(repository: Path, place: str, told: Told) -> Iterator[str]:
    """A service refuses to start with a variable that it does not know, and without one that it needs."""
    for service, names in told.items():
        known = KnownSettings(repository, service)
        for name in sorted(names - known.accepted):
            yield f"{place}: {service} is told {name}, which it does not know"
        for name in sorted(known.missing(names)):
            yield f"{place}: {service} is not told {name}"


def _local(repository: Path) -> Told:
    server = Server("host", 5432, "user", "")
    database = Database(server, server, Path("/owner"), Path("/application"))
    instances = [Instance(name, 1, 1, 2) for name in (*SERVICES, "sandbox")]
    plan = Plan(
        Layout(repository, Path("/data")), instances, {"vault": database, "policy": database},
        Practice("http://x", "i", "s", "t"))
    return {instance.service: _ours(environment(plan, instance)) for instance in instances}


def _images(repository: Path) -> Told:
    """The variables of each stage, with those of the stage that it is built on."""
    text = (repository / "deploy/docker/Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    told: Told = {}
    for base, name, body in re.findall(r"^FROM (\S+) AS (\S+)\n(.*?)(?=^FROM |\Z)", text, re.MULTILINE | re.DOTALL):
        lines = re.findall(r"^ENV (.*)$", body, re.MULTILINE)
        told[name] = told.get(base, set()) | _ours(re.findall(r"(?:^|\s)(\w+)=", " ".join(lines)))
    return told


def _compose(repository: Path, images: Told, *files: str) -> Told:
    """The services that are built here, after the files are put on each other."""
    documents = [yaml.safe_load((repository / file).read_text(encoding="utf-8"))["services"] for file in files]
    told: Told = {}
    for service in (*SERVICES, "sandbox"):
        told[service] = set(images[service])
        for services in documents:
            told[service] |= _ours(services.get(service, {}).get("environment", {}))
    # Its env_file is made by this script.
    script = (repository / "deploy/docker/make-secrets").read_text(encoding="utf-8")
    told["sandbox"] |= _ours(re.findall(r"(SANDBOX_\w+)=%s", script))
    return told


def _kubernetes(repository: Path, images: Told) -> Told:
    documents = [
        document for file in sorted((repository / "deploy/kubernetes").glob("*.yaml"))
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))
    ]
    maps = {document["metadata"]["name"]: document["data"] for document in documents if document["kind"] == "ConfigMap"}
    told = {service: set(images[service]) for service in SERVICES}
    for document in documents:
        for container in document.get("spec", {}).get("template", {}).get("spec", {}).get("containers", []):
            if container["name"] in told:
                told[container["name"]] |= _ours(entry["name"] for entry in container.get("env", []))
                for source in container.get("envFrom", []):
                    told[container["name"]] |= _ours(maps[source["configMapRef"]["name"]])
    return told


def _ours(names: Iterable[str]) -> set[str]:
    return {long_name(name) for name in names if name.startswith(OURS)}
