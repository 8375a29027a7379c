"""After every other test of this stack: `lanyard audit verify` is clean, and every row says who acted for whom."""

from trails import prove


def test_the_audit_trail_of_the_whole_run_holds(world):
    prove(world.harness, "rules")
