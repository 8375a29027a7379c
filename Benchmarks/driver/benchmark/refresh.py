"""Refreshes per second, through all four services, beside what the provider's bare token endpoint can do."""

from collections.abc import Callable

from localstack.errors import StackError

from . import limits, load
from .bench_stack import BenchStack
from .table import Figure, milliseconds, rate, ratio

_PREFIX = "bench-expired"
# One Application a person: the Connections are distinct, and so are the people.
_APPLICATIONS = 2


def run(stack: BenchStack, say: Callable[[str], None]) -> list[Figure]:
    """Connections whose tokens have ended are asked for one after the other; each answer needs a refresh."""
    practice = stack.running.practice_provider
    people = stack.people[: limits.REFRESHED // _APPLICATIONS]
    say(f"Authorizing {limits.REFRESHED + limits.REFERENCE_TOKENS} times at the practice provider")
    tokens = stack.refresh_tokens(limits.REFRESHED, "expired.tokens")
    reference = stack.refresh_tokens(limits.REFERENCE_TOKENS, "reference.tokens")
    stack.seed(_PREFIX, limits.REFRESHED, _APPLICATIONS, people, tokens)
    pairs = stack.pairs(_PREFIX, _APPLICATIONS, people)
    practice.change(accessTokenSeconds=limits.SHORT_TOKEN_SECONDS)
    figures = []
    for connections in limits.REFRESH_CONNECTIONS:
        say(f"Refreshes, {connections} connections")
        figures.append(_point(stack, str(pairs), str(reference), connections))
        # The next point's own first tokens: the ones of the file have been replaced.
        reference = stack.refresh_tokens(limits.REFERENCE_TOKENS, "reference.tokens")
    return figures


def _point(stack: BenchStack, pairs: str, reference: str, connections: int) -> Figure:
    arguments = [pairs, stack.integration["id"], "inOrder"]
    # The grants first: what is measured is the refresh.
    once = [pairs, stack.integration["id"], "once"]
    load.run(stack.gateway, "resolve.lua", connections, once, limits.WARM_UP_SECONDS)
    before = _refreshes(stack)
    ours = load.run(stack.gateway, "resolve.lua", connections, arguments)
    refreshed = _refreshes(stack) - before
    if ours.failures:
        raise StackError(f"{ours.failures} of {ours.requests} calls failed while tokens were refreshed.")
    bare = load.run(
        stack.running.practice_provider.issuer, "token.lua", connections, [reference, stack.client_authorization()])
    per_second = refreshed / ours.seconds
    return ratio(
        f"refreshes, {connections} connections",
        f"{rate(per_second)} ({refreshed} refreshes for {ours.requests} answers), p99 {milliseconds(ours.p99)}",
        f"the provider's token endpoint {rate(bare.per_second)}, {bare.failures} refused", per_second / bare.per_second,
    )


def _refreshes(stack: BenchStack) -> int:
    """Refreshes that the provider carried out."""
    return stack.running.practice_provider.counters()["grantTypes"].get("refresh_token", {}).get("processed", 0)
