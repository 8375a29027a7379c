"""The calls that each service answers with its neighbours' help, and where the stubs leave the golden values."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from alone import Alone, Call
from localstack.ports import LOOPBACK
from wire import golden

APPLICATION = golden("ApplicationDescription")
CONNECTION = {"connectionId": "con_1", "application": APPLICATION}
# As the gateway names a browser: SHA-256 of its cookie, in hexadecimal.
BROWSER_HASH = "b" * 64
SELECTION = {"integrationId": "int_1", "application": APPLICATION}


class StubProvider:
    """A stub in place of a provider: gives tokens to whoever asks, and publishes no metadata.

    As an MCP server, below `/mcp`, it lets nobody in.
    """

    def __init__(self):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                if self.path == "/mcp":
                    self._reply(401, {"error": "unauthorized"})
                    return
                if self.path == "/register":
                    self._reply(201, {"client_id": "client"})
                    return
                self._reply(200, {"access_token": "token", "token_type": "Bearer", "expires_in": 3600,
                                  "refresh_token": "refresh", "scope": "openid"})

            def do_GET(self):
                self._reply(404, {"error": "not_found"})

            def _reply(self, status: int, value: dict):
                content = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                """Quiet."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.address = f"{LOOPBACK}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def custom(self) -> dict:
        """The provider as an owner would describe it."""
        origin = f"http://{self.address}"
        return {
            "providerUrl": origin, "issuer": origin, "authorizationEndpoint": f"{origin}/authorize",
            "tokenEndpoint": f"{origin}/token", "extraAuthorizationParams": None,
        }

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def changes(provider: StubProvider) -> dict[str, dict[str, dict]]:
    """Where the golden values do not make one story: by the service under test, its neighbour and the path."""
    pending = {"status": {"status": "pending", "connectionId": None, "error": None}}
    access = golden("MCPAccess")
    servers = [{**server, "url": f"http://{provider.address}/mcp"} for server in access["servers"]]
    client = {"client": {"custom": provider.custom, "providerUrl": provider.custom["providerUrl"]}}
    return {
        "gateway": {
            "policy": {
                "/internal/credentials/verify": {"role": "owner"},
                "/internal/mcp-access/authorize": {"servers": servers},
            },
            "vault": {"/internal/flows/facts": pending, "/internal/flows/create": pending},
        },
        "policy": {},
        "exchanger": {
            "vault": {
                "/internal/flows/facts": pending,
                "/internal/flows/claim-authorization": pending,
                "/internal/flows/release-authorization": {
                    "transaction": {"expectedIssuer": provider.custom["issuer"], "nonce": None},
                },
                "/internal/refreshes/commit": {"state": "committed"},
            },
            "policy": {
                "/internal/access/authorize-flow": client,
                "/internal/integrations/client": client["client"],
            },
        },
    }


def calls(service: Alone, provider: StubProvider) -> list[Call]:
    """Calls that succeed as long as all neighbours are well."""
    return {"gateway": lambda: GATEWAY, "exchanger": lambda: exchanger(provider), "policy": lambda: policy(service)}[
        service.name]()


def post(path: str, body: object) -> Call:
    return Call("POST", path, path, body)


def on(method: str, template: str, identifier: str, body: object = None, query: str = "") -> Call:
    return Call(method, template.replace("{id}", identifier) + query, template, body)


GATEWAY = [
    Call("GET", "/v1/me", "/v1/me"),
    Call("GET", "/v1/providers", "/v1/providers"),
    on("GET", "/v1/providers/{id}", "github"),
    post("/v1/sessions", {"user": {"id": "u1"}}),
    on("DELETE", "/v1/sessions/{id}", "ses_1"),
    Call("GET", "/v1/users", "/v1/users"),
    on("PATCH", "/v1/users/{id}", "usr_1", {"role": "admin"}),
    on("DELETE", "/v1/users/{id}", "usr_1"),
    on("POST", "/v1/users/{id}/readmit", "usr_1"),
    Call("GET", "/v1/organization/identity-provider", "/v1/organization/identity-provider"),
    Call("PUT", "/v1/organization/identity-provider", "/v1/organization/identity-provider",
         golden("PutIdentityProvider")),
    Call("DELETE", "/v1/organization/identity-provider", "/v1/organization/identity-provider"),
    Call("GET", "/v1/configuration", "/v1/configuration"),
    Call("PUT", "/v1/configuration?dryRun=true&prune=true", "/v1/configuration", golden("ApplyConfiguration")["request"]),
    Call("GET", "/v1/integrations", "/v1/integrations"),
    post("/v1/integrations", golden("CreateIntegration")),
    on("GET", "/v1/integrations/{id}", "int_1"),
    on("PATCH", "/v1/integrations/{id}", "int_1", {"name": "Post"}),
    on("DELETE", "/v1/integrations/{id}", "int_1"),
    on("DELETE", "/v1/integrations/{id}", "int_1", query="?dryRun=true"),
    on("POST", "/v1/integrations/{id}/secrets", "int_1", {"clientSecret": "secret"}),
    on("POST", "/v1/integrations/{id}/check", "int_1"),
    Call("GET", "/v1/applications", "/v1/applications"),
    on("PATCH", "/v1/applications/{id}", "app-1", {"state": "blocked"}),
    Call("GET", "/v1/mcp-servers", "/v1/mcp-servers"),
    post("/v1/mcp-servers", golden("CreateMCPServer")),
    post("/v1/mcp-servers/discover", {"url": "https://mcp.example.com/mcp"}),
    on("POST", "/v1/mcp-servers/{id}/discover", "mcp_1", {}),
    on("GET", "/v1/mcp-servers/{id}", "mcp_1"),
    on("PATCH", "/v1/mcp-servers/{id}", "mcp_1", {"allowedTools": None}),
    on("DELETE", "/v1/mcp-servers/{id}", "mcp_1"),
    on("GET", "/v1/mcp-servers/{id}/tools", "mcp_1"),
    Call("POST", "/v1/mcp-servers/mcp_1/tools/search/approve", "/v1/mcp-servers/{id}/tools/{name}/approve"),
    Call("POST", "/v1/mcp-servers/mcp_1/tools/search/block", "/v1/mcp-servers/{id}/tools/{name}/block"),
    Call("GET", "/v1/charms", "/v1/charms"),
    post("/v1/charms", golden("CreateCharm")),
    on("GET", "/v1/charms/{id}", "charm-1"),
    on("PATCH", "/v1/charms/{id}", "charm-1", {"name": "Post"}),
    on("DELETE", "/v1/charms/{id}", "charm-1"),
    post("/v1/auth/resolve", SELECTION),
    post("/v1/auth/resolve", {**SELECTION, "prompt": "select_account"}),
    post("/v1/auth/list", SELECTION),
    post("/v1/auth/refresh", CONNECTION),
    post("/v1/auth/revoke", CONNECTION),
    on("GET", "/v1/flows/{id}", "flw_1", query="?wait=0"),
    on("DELETE", "/v1/flows/{id}", "flw_1"),
    Call("GET", "/v1/connections", "/v1/connections"),
    on("GET", "/v1/connections/{id}", "con_1"),
    on("DELETE", "/v1/connections/{id}", "con_1"),
    on("GET", "/v1/connections/{id}/uses", "con_1"),
    on("POST", "/v1/connections/{id}/default", "con_1"),
    on("POST", "/v1/connections/{id}/reconnect", "con_1"),
    post("/v1/revocations", {"all": True}),
    on("GET", "/v1/revocations/{id}", "rev_1"),
    post("/v1/keys/rotations", {}),
    Call("GET", "/v1/keys/rotations", "/v1/keys/rotations"),
    on("GET", "/v1/keys/rotations/{id}", "kro_1"),
    on("GET", "/connect/{id}", "flw_1"),
]


def exchanger(provider: StubProvider) -> list[Call]:
    client = {**golden("IntegrationClient"), "providerUrl": provider.custom["providerUrl"],
              "custom": {key: value for key, value in provider.custom.items() if value is not None}}
    return [
        post("/internal/authorizations/start", {"flowId": "flw_1", "browserHash": BROWSER_HASH}),
        post("/internal/authorizations/callback", {
            "state": "state", "browserHash": BROWSER_HASH, "code": "code", "issuer": provider.custom["issuer"],
            "parameters": {},
        }),
        post("/internal/refreshes", golden("RefreshConnection")),
        post("/internal/discovery", client["custom"]),
        post("/internal/integrations/check", {"client": client}),
        post("/internal/mcp-servers/discover", {"url": f"http://{provider.address}/mcp"}),
        post("/internal/clients/register", {
            **golden("RegisterAtIssuer"), "registrationEndpoint": f"http://{provider.address}/register",
            "authentication": "none",
        }),
    ]


def policy(service: Alone) -> list[Call]:
    """With Integrations and a user of their own: what one call deletes another must not need."""
    def behalf(path: str, request: dict) -> Call:
        return post(f"/internal/{path}", {"credential": service.credential, "request": request})

    integration = {"name": "Code", "provider": "github", "clientId": "client", "clientSecret": "secret"}

    def made(call: Call) -> dict:
        answer = requests.post(service.url + call.path, json=call.body, headers=service.headers("gateway"),
                               timeout=30, verify=service.certificate_authority)
        assert answer.status_code == 200, answer.text
        return answer.json()

    token = {"type": "staticToken", "token": "secret"}
    server = {"name": "Mail", "url": "https://mcp.example.com/mcp", "auth": token}
    kept, ended = (made(behalf("mcp-servers/create", server))["id"] for _ in range(2))
    changed, deleted = (made(behalf("integrations/create", integration))["id"] for _ in range(2))
    session = made(behalf("sessions/create", {"user": {"id": "u1"}}))
    return [
        behalf("credentials/verify", {}),
        behalf("sessions/create", {"user": {"id": "u2"}}),
        behalf("providers/list", {"limit": 10}),
        behalf("integrations/create", integration),
        behalf("integrations/rotate-secret", {"id": changed, "request": {"clientSecret": "another"}}),
        behalf("integrations/list", {"limit": 10}),
        behalf("integrations/authorize-check", {"id": changed}),
        behalf("integrations/delete", {"id": deleted, "request": {"revoke": True}}),
        behalf("mcp-servers/create", server),
        behalf("mcp-servers/update", {"id": kept, "request": {"auth": token}}),
        behalf("mcp-servers/show", {"id": kept}),
        behalf("mcp-servers/plan", {"discovery": golden("MCPServerDiscovery")}),
        behalf("mcp-servers/report-issuer", {"id": kept, "request": {"issuer": "https://id.example.com"}}),
        behalf("mcp-servers/store-tools", {"id": kept, "request": {"definitions": []}}),
        behalf("mcp-servers/delete", {"id": ended}),
        behalf("mcp-access/authorize", {"mcpServerId": kept}),
        behalf("charms/create", {"name": "Postman", "mcpServers": [{"mcpServerId": kept}]}),
        behalf("users/list", {"status": "active", "page": {"limit": 10}}),
        behalf("identity-provider/put", golden("PutIdentityProvider")),
        behalf("users/remove", {"id": session["userId"]}),
    ]
