"""Which metrics the services have, and whether deploy/dashboards asks for these alone."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

_MADE = re.compile(r'\b(Counter|FloatingPointCounter|Timer|Meter|Gauge|Recorder)\(\s*label: "(\w+)"')
# CallSeries.swift: a count and a duration.
_CALLS = re.compile(r'\bCallSeries\(\s*name: "(\w+)"')
# ProcessMetrics.swift, and what the exporter says of itself.
_PROCESS = re.compile(r'\bgauge\("(\w+)"')
_WRITTEN = re.compile(r'"# TYPE (lanyard_\w+) ')
_HISTOGRAM = ("_bucket", "_sum", "_count")
_ROUTE = re.compile(r'"(/[^"\s\\]*)"')


def check_metrics(repository: Path) -> Iterator[str]:
    sources = [
        file.read_text(encoding="utf-8") for folder in ("Services", "Shared")
        for file in sorted((repository / folder).rglob("*.swift"))
    ]
    known = {name for text in sources for name in _exported(text)}
    routes = {route for text in sources for route in _ROUTE.findall(text)}
    queries = [*_dashboard_queries(repository), *_alert_queries(repository)]
    for place, query in queries:
        for name in sorted(set(re.findall(r"\blanyard_\w+", query)) - known):
            yield f"{place} asks for {name}, which no service has"
        for choice in re.findall(r'\broute(?:=|!=|=~|!~)"([^"]*)"', query):
            for route in sorted(set(choice.split("|")) - routes):
                yield f"{place} asks for the route {route}, which no service has"


def _exported(text: str) -> Iterator[str]:
    """The names as Prometheus reads them, by the rules of PrometheusMetrics.swift."""
    for kind, label in [*_MADE.findall(text), *_call_series(text)]:
        name = label if label.startswith("lanyard_") else f"lanyard_{label}"
        if kind in ("Counter", "FloatingPointCounter"):
            yield name.removesuffix("_total") + "_total"
        elif kind in ("Timer", "Recorder"):
            name = name.removesuffix("_seconds") + "_seconds" if kind == "Timer" else name
            yield from (name + part for part in _HISTOGRAM)
        else:
            yield name
    yield from (f"lanyard_process_{name}" for name in _PROCESS.findall(text))
    yield from _WRITTEN.findall(text)


def _call_series(text: str) -> Iterator[tuple[str, str]]:
    for name in _CALLS.findall(text):
        yield "Counter", f"{name}s"
        yield "Timer", f"{name}_duration"


def _dashboard_queries(repository: Path) -> Iterator[tuple[str, str]]:
    for file in sorted((repository / "deploy/dashboards").glob("*.json")):
        document = json.loads(file.read_text(encoding="utf-8"))
        constants = {
            variable["name"]: variable["query"] for variable in document["templating"]["list"]
            if variable["type"] == "constant"
        }
        for panel in document["panels"]:
            for target in panel.get("targets", []):
                query = re.sub(r"\$\{(\w+):raw\}", lambda match: constants[match.group(1)], target["expr"])
                yield f"{file.name}: {panel['title']}", query


def _alert_queries(repository: Path) -> Iterator[tuple[str, str]]:
    for file in sorted((repository / "deploy/dashboards").glob("*.yml")):
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]:
            for rule in group["rules"]:
                yield f"{file.name}: {rule['alert']}", rule["expr"]
