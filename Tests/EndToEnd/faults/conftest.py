"""The campaign against the engine: a stack of its own, whose processes are killed, stopped and cut off from their database."""

import pytest
from harness import practice_party, sql
from localstack.build import find_binaries
from localstack.options import Options
from localstack.stack import Stack

from faults.place import LEASE_SECONDS, REPOSITORY, FaultPlace
from faults.report import Report

# One address connects hundreds of accounts in a minute here, and one person holds them all.
NO_LIMITS = {
    "LANYARD_LIMITS_CALLS_PER_USER": "100000000",
    "LANYARD_LIMITS_CALLS_PER_ORGANIZATION": "100000000",
    "LANYARD_LIMITS_FLOW_STARTS_PER_USER": "1000000",
    "LANYARD_LIMITS_FLOW_STARTS_PER_ORGANIZATION": "1000000",
    "LANYARD_LIMITS_CALLBACKS_PER_ADDRESS": "1000000",
}


@pytest.fixture(scope="session")
def harness(folder):
    """Takes the place of the stack that the other end-to-end tests share. Two vaults, two exchangers, and a folder through which their fail points are armed."""
    points = folder / "fail-points"
    points.mkdir()
    points.chmod(0o777)
    options = Options(
        repository=REPOSITORY, data=folder / "faults", replicas={"vault": 2, "exchanger": 2},
        overrides={
            "all": {"FAIL_POINTS_FOLDER": str(points)},
            "gateway": NO_LIMITS,
            "vault": {
                "LANYARD_REFRESH_FORCED_MINIMUM_SECONDS": "0",
                "LANYARD_REFRESH_LEASE_SECONDS": str(LEASE_SECONDS),
                # As fast as it goes: what is tested is not the throttle.
                "LANYARD_ROTATION_PER_SECOND": "10000",
                "LANYARD_REVOCATION_PER_SECOND": "1000",
            },
        },
    )
    stack = Stack(options)
    binaries = find_binaries(REPOSITORY, "debug")
    running = stack.up(binaries)
    place = FaultPlace(stack, running, binaries, points)
    yield place
    place.let_go()
    stack.down(erase=True)


@pytest.fixture(scope="session")
def place(harness):
    return harness


@pytest.fixture(autouse=True)
def orderly(place):
    """Each test finds the provider as it is by default and every process running."""
    place.practice.clear_faults()
    # What earlier tests have left may fall due in a long campaign, and every call to the provider is counted.
    sql(place, "vault", "DELETE FROM due_refresh")
    place.practice.change(refreshGraceSeconds=60, rotatesRefreshTokens=True, accessTokenSeconds=3600)
    yield
    place.let_go()
    place.revive()
    place.practice.clear_faults()


@pytest.fixture(scope="session")
def report():
    return Report()


@pytest.fixture
def party(place):
    return practice_party(place)
