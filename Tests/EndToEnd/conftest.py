"""One complete stack for the whole run, on free ports in a temporary folder, and the providers beside it."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "deploy" / "local"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from django_client import DjangoProvider  # noqa: E402
from harness import Harness, practice_party  # noqa: E402
from localstack.build import find_binaries  # noqa: E402
from localstack.errors import StackError  # noqa: E402
from localstack.options import Options  # noqa: E402
from localstack.stack import Stack  # noqa: E402
from webhook_receiver import WebhookReceiver  # noqa: E402

# Pictures of what the tests saw; looked at by people.
ARTEFACTS = REPOSITORY / "artefacts"
# Two of each service that takes part in a refresh: what must happen once must happen once across replicas.
REPLICAS = {"vault": 2, "exchanger": 2}
# The tests force refreshes right after connecting, where people are held to a pause between two; and they do more in a minute than people do, all
# from one address, and how much more depends on the machine.
SETTINGS = {
    "vault": {"LANYARD_REFRESH_FORCED_MINIMUM_SECONDS": "0"},
    "gateway": {
        "LANYARD_LIMITS_FLOW_STARTS_PER_ORGANIZATION": "10000", "LANYARD_LIMITS_CALLBACKS_PER_ADDRESS": "10000",
        "LANYARD_LIMITS_REFUSED_CREDENTIALS_PER_ADDRESS": "100000",
    },
}
WARNINGS_SHOWN = 4
# What a page is expected to show comes in a moment; Playwright's own five seconds are too few for a browser and four services on two busy cores.
EXPECT_MILLISECONDS = 60_000


def pytest_collection_modifyitems(items):
    """What is asked of the whole run comes last."""
    last = Path(__file__).resolve().parent / "test_trails.py"
    items.sort(key=lambda item: item.path == last)


@pytest.fixture(scope="session")
def folder():
    path = Path(tempfile.mkdtemp(prefix="lanyard-e2e-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def django(folder):
    provider = DjangoProvider(folder / "django")
    yield provider
    provider.stop()


@pytest.fixture(scope="session")
def receiver():
    """Where the organizations' webhooks lead."""
    receiver = WebhookReceiver()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="session")
def harness(folder, django, receiver):
    options = Options(
        repository=REPOSITORY, data=folder / "stack", replicas=REPLICAS,
        egress_allow=[django.host_and_port, receiver.host_and_port], overrides=SETTINGS,
    )
    stack = Stack(options)
    binaries = find_binaries(REPOSITORY, "debug")
    try:
        running = stack.up(binaries)
    except StackError as error:
        pytest.exit(f"the stack does not start: {error}", returncode=1)
    yield Harness(stack, running, binaries, django)
    stack.down(erase=True)


@pytest.fixture(scope="session")
def chromium():
    """A real browser with the popup blocker as people have it. One for all tests: Playwright cannot run twice."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "Chromium is not installed: sudo apt-get install chromium"
    ARTEFACTS.mkdir(exist_ok=True)
    expect.set_options(timeout=EXPECT_MILLISECONDS)
    with sync_playwright() as playwright:
        # Root may not use Chromium's sandbox.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(
            executable_path=program, args=arguments, ignore_default_args=["--disable-popup-blocking"]
        )
        yield browser
        browser.close()


@pytest.fixture(params=["django", "practice"])
def provider(request, harness):
    """Both providers in turn: one that this project did not write, and its own."""
    return harness.django if request.param == "django" else practice_party(harness)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows beside a failure what the services warned of."""
    outcome = yield
    report = outcome.get_result()
    running = item.funcargs.get("harness") if hasattr(item, "funcargs") else None
    if report.when == "call" and report.failed and running is not None:
        for log in sorted(running.stack.layout.logs.glob("*.log")):
            warnings = [line for line in log.read_text(errors="replace").splitlines() if '"level":"info"' not in line]
            if warnings:
                report.sections.append((log.name, "\n".join(warnings[-WARNINGS_SHOWN:])))
