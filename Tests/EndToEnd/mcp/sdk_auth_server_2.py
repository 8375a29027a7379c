"""An MCP server of the SDK's second generation with the SDK's own authorization server: clients register themselves.

    sdk_auth_server_2.py PORT

What it was asked for is remembered at `/seen`: registrations, resources, grants. Everybody who comes to its authorize page agrees.
"""

import json
import secrets
import sys
import time

import uvicorn
from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    RefreshToken,
    construct_redirect_uri,
)
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions, RevocationOptions
from mcp.server.mcpserver import Context, MCPServer
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken

PORT = int(sys.argv[1])
ORIGIN = f"http://127.0.0.1:{PORT}"
TOKEN_SECONDS = 3600
CODE_SECONDS = 60

seen: list[dict] = []


class Provider:
    """Everything in memory."""

    def __init__(self):
        self.clients: dict[str, OAuthClientInformationFull] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.access: dict[str, AccessToken] = {}
        self.refresh: dict[str, RefreshToken] = {}

    async def get_client(self, client_id: str):
        return self.clients.get(client_id)

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        seen.append({
            "what": "registration", "redirectUris": [str(uri) for uri in client_info.redirect_uris],
            "name": client_info.client_name, "method": client_info.token_endpoint_auth_method,
        })
        self.clients[client_info.client_id] = client_info

    async def authorize(self, client: OAuthClientInformationFull, params: AuthorizationParams) -> str:
        seen.append({"what": "authorization", "resource": params.resource, "scopes": params.scopes})
        code = secrets.token_urlsafe(32)
        self.codes[code] = AuthorizationCode(
            code=code, scopes=params.scopes or [], expires_at=time.time() + CODE_SECONDS, client_id=client.client_id,
            code_challenge=params.code_challenge, redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly, resource=params.resource,
            subject=f"person-{len(self.codes)}",
        )
        return construct_redirect_uri(str(params.redirect_uri), code=code, state=params.state)

    async def load_authorization_code(self, client, authorization_code: str):
        return self.codes.get(authorization_code)

    async def exchange_authorization_code(self, client, authorization_code: AuthorizationCode) -> OAuthToken:
        del self.codes[authorization_code.code]
        seen.append({"what": "exchange", "resource": authorization_code.resource})
        return self._issue(authorization_code)

    async def load_refresh_token(self, client, refresh_token: str):
        return self.refresh.get(refresh_token)

    async def exchange_refresh_token(self, client, refresh_token: RefreshToken, scopes: list[str]) -> OAuthToken:
        del self.refresh[refresh_token.token]
        seen.append({"what": "refresh", "resource": refresh_token.resource})
        return self._issue(refresh_token)

    async def load_access_token(self, token: str):
        return self.access.get(token)

    async def revoke_token(self, token) -> None:
        seen.append({"what": "revocation"})
        self.access.pop(token.token, None)
        self.refresh.pop(token.token, None)

    def _issue(self, grant) -> OAuthToken:
        access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        facts = {
            "client_id": grant.client_id, "scopes": grant.scopes, "resource": grant.resource, "subject": grant.subject,
        }
        self.access[access] = AccessToken(token=access, expires_at=int(time.time()) + TOKEN_SECONDS, **facts)
        self.refresh[refresh] = RefreshToken(token=refresh, **facts)
        return OAuthToken(
            access_token=access, token_type="Bearer", expires_in=TOKEN_SECONDS, refresh_token=refresh,
            scope=" ".join(grant.scopes))


provider = Provider()
server = MCPServer(
    "sdk-auth", version="1", auth_server_provider=provider,
    auth=AuthSettings(
        issuer_url=ORIGIN, resource_server_url=f"{ORIGIN}/mcp", required_scopes=["tools"], validate_token_resource=True,
        client_registration_options=ClientRegistrationOptions(enabled=True, valid_scopes=["tools"], default_scopes=["tools"]),
        revocation_options=RevocationOptions(enabled=True),
    ),
)


@server.tool()
def echo(text: str, ctx: Context) -> str:
    seen.append({"what": "call"})
    return text


class Window:
    """Shows what was seen."""

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"] != "/seen":
            return await self._app(scope, receive, send)
        body = json.dumps(seen).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})


uvicorn.run(Window(server.streamable_http_app()), host="127.0.0.1", port=PORT, log_level="warning")
