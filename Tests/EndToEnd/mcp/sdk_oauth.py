"""The OAuth client of both SDK generations: it gets an endpoint's address, and finds everything else by itself.

`"authorize"` in the script: `{"redirectUri", "document"?}`. Tokens and the client's own id go out as lines, for the test to look at.
"""

from urllib.parse import parse_qsl, urlsplit

import mcp.client.auth.oauth2 as oauth
import sdk_client
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import OAuthClientMetadata

# Long ago: a token of that age is refreshed before it is used.
LONG_AGO = 1.0


class Storage:
    """Keeps what the SDK wants kept, and shows it."""

    def __init__(self):
        self._tokens = None
        self._client = None

    async def get_tokens(self):
        return self._tokens

    async def set_tokens(self, tokens):
        self._tokens = tokens
        sdk_client.say({"tokens": tokens.model_dump(mode="json")})

    async def get_client_info(self):
        return self._client

    async def set_client_info(self, client):
        self._client = client
        sdk_client.say({"client": client.model_dump(mode="json")})


class Provider(OAuthClientProvider):
    """The SDK's own, with a way to let the access token grow old."""

    def expire(self) -> None:
        self.context.token_expiry_time = LONG_AGO


def headers(script: dict) -> dict:
    return {"Authorization": f"Bearer {script['token']}"} if script.get("token") else {}


def provider(script: dict, result) -> Provider | None:
    """`result` makes what this generation's callback gives back of the answer's parameters."""
    wish = script.get("authorize")
    if wish is None:
        return None
    answers: list[str] = []

    async def redirected(url: str) -> None:
        answers.append(await sdk_client.open_page(url))

    async def answered():
        return result(dict(parse_qsl(urlsplit(answers.pop()).query)))

    if wish.get("document"):
        # On a loopback host there is no certificate; the SDK would insist on https.
        oauth.is_valid_client_metadata_url = lambda url: True
    return Provider(
        server_url=script["url"],
        client_metadata=OAuthClientMetadata(client_name="The SDK's client", redirect_uris=[wish["redirectUri"]]),
        storage=Storage(), redirect_handler=redirected, callback_handler=answered,
        client_metadata_url=wish.get("document"),
    )
