"""The main job once, through the public API, with progress shown.

An owner sets up the practice provider; a member connects an account; a token is released and works; it expires and is
refreshed without anyone noticing; a second Connection is revoked. Then a Charm calls a tool with the member's account.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from . import charm
from .api import API
from .browser import Browser
from .consent import walk
from .errors import StackError
from .stack import OWNER, RunningStack

MEMBER = {"id": "ada", "email": "ada@example.org", "name": "Ada Member"}
APPLICATION = {"id": "app-inbox", "appId": "org.example.inbox", "name": "Inbox", "description": "Reads your mail"}
SECOND_APPLICATION = {"id": "app-digest", "appId": "org.example.digest", "name": "Digest"}
SCOPES = ["mail.read"]
_PERSON = "ada"
# The first token ends almost at once, so that its refresh can be shown; the later ones live as long as usual.
_SHORT_SECONDS = 2
_USUAL_SECONDS = 3600
# Added to the token's end before it must be refused.
_CLOCK_SECONDS = 0.2
_SHOWN_BYTES = 24


@dataclass(frozen=True)
class Outcome:
    """What the summary shows."""

    integration_id: str
    connection_id: str
    account: str
    sealed_prefix: str
    sealed_bytes: int
    charm: charm.CharmOutcome


def run(stack: RunningStack, say: Callable[[str], None]) -> Outcome:
    """Does the main job. Raises `StackError` where a step does not do what it promises."""
    owner = stack.host.session(OWNER["id"], "owner", email=OWNER["email"], name=OWNER["name"])
    integration = practice_integration(stack, owner)
    say(f"The owner set up the Integration {integration['id']}")

    member = stack.host.session(MEMBER["id"], email=MEMBER["email"], name=MEMBER["name"])
    practice = stack.practice_provider
    practice.change(accessTokenSeconds=_SHORT_SECONDS)
    auth = connect(stack, member, integration["id"], APPLICATION, say)
    practice.change(accessTokenSeconds=_USUAL_SECONDS)
    say(f"A token was released for {auth['displayIdentifier']}, scopes {' '.join(auth['scopes'])}")
    status, messages = practice.messages(auth["accessToken"])
    _expect(status == 200, f"The practice mailbox refused the token with {status}.")
    say(f"The token opens the practice mailbox: {len(messages)} messages")

    time.sleep(max(0.0, auth["expiresAt"] / 1000 - time.time()) + _CLOCK_SECONDS)
    _expect(practice.messages(auth["accessToken"])[0] == 401, "The token still works although its time is over.")
    renewed = connect(stack, member, integration["id"], APPLICATION, say)
    _expect(renewed["id"] == auth["id"], "The refresh changed the Connection's id.")
    _expect(practice.messages(renewed["accessToken"])[0] == 200, "The refreshed token does not work.")
    say("The token's time ran out; the next request was answered with a new one, without asking anybody")

    second = connect(stack, member, integration["id"], SECOND_APPLICATION, lambda _: None)
    member.revoke(second["id"], SECOND_APPLICATION)
    _expect(
        all(entry["id"] != second["id"] for entry in member.list(SECOND_APPLICATION, integrationId=integration["id"])),
        "The revoked Connection is still listed.",
    )
    say("A second Application was connected and its Connection revoked")
    called = charm.run(stack, owner, integration["id"], MEMBER, _PERSON, say)
    prefix, size = sealed_row(stack, auth["id"])
    return Outcome(integration["id"], auth["id"], auth["displayIdentifier"], prefix, size, called)


def practice_integration(stack: RunningStack, owner: API) -> dict:
    """The practice provider's Integration; the one that an interrupted start left behind, if there is one."""
    for known in owner.call("GET", "/v1/integrations")["items"]:
        if known["provider"] == "sandbox":
            return known
    return owner.create_integration(
        name="Practice provider", provider="sandbox", clientId=stack.plan.practice.client_id,
        clientSecret=stack.plan.practice.client_secret, defaultScopes=SCOPES,
    )


def connect(
    stack: RunningStack, member: API, integration: str, application: dict, say: Callable[[str], None]
) -> dict:
    """Asks for a token, walks through the consent that this needs, and returns the token's answer."""
    answer = member.resolve(application, integrationId=integration)
    if answer["status"] == "ready":
        return answer["auth"]
    _expect(answer["status"] == "consentRequired", f"auth/resolve answered {answer['status']}.")
    say(f"A member's app asked for a token; the consent page is {answer['flow']['url']}")
    walk(Browser(), answer["flow"]["url"], lambda url: stack.practice_provider.authorize(url, _PERSON))
    result = member.flow(answer["flow"]["id"])
    _expect(result["status"] == "completed", f"The flow ended as {result['status']}: {result.get('error')}")
    say("The member consented at the practice provider")
    answer = member.resolve(application, integrationId=integration)
    _expect(answer["status"] == "ready", f"auth/resolve answered {answer['status']} after the consent.")
    return answer["auth"]


def sealed_row(stack: RunningStack, connection: str) -> tuple[str, int]:
    """The first bytes of what the vault stored, in hexadecimal, and its length."""
    administrator = stack.server.acting_as(stack.server.user, stack.server.password, "vault")
    row = administrator.run(
        "SELECT encode(substring(sealed_tokens FROM 1 FOR {0}), 'hex') || '|' || length(sealed_tokens)"
        " FROM connection WHERE id = '{1}';".format(_SHOWN_BYTES, connection.replace("'", "''"))
    )
    prefix, _, size = row.partition("|")
    return prefix, int(size or 0)


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise StackError(otherwise)
