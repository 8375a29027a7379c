"""An MCP client of the SDK's second generation: `mode` is `auto`, `legacy`, or a revision."""

import asyncio
from contextlib import asynccontextmanager

import httpx2
import sdk_client
import sdk_oauth
from mcp import Client as SDKClient
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitResult

CALL_SECONDS = 60.0


class Client:
    errors = MCPError

    def __init__(self, client: SDKClient, authorization):
        self._client = client
        self.authorization = authorization
        self.revision = client.protocol_version

    async def list(self) -> list[str]:
        return [tool.name for tool in (await self._client.list_tools()).tools]

    async def call(self, name: str, arguments: dict, progress) -> dict:
        result = await self._client.call_tool(name, arguments, progress_callback=progress)
        text = "\n".join(part.text for part in result.content if part.type == "text")
        return {"text": text, "isError": bool(result.is_error), "structured": result.structured_content}

    async def cancel(self, call) -> dict:
        call.cancel()
        try:
            await call
        except asyncio.CancelledError:
            return {"cancelled": "by itself"}
        return {"cancelled": None}


@asynccontextmanager
async def connect(script: dict):
    async def asked(context, params):
        return ElicitResult(**await sdk_client.answer(script, params))

    authorization = sdk_oauth.provider(script, lambda answer: AuthorizationCodeResult(
        code=answer["code"], state=answer.get("state"), iss=answer.get("iss")))
    async with (
        httpx2.AsyncClient(headers=sdk_oauth.headers(script), auth=authorization, timeout=CALL_SECONDS) as http,
        SDKClient(
            streamable_http_client(script["url"], http_client=http), mode=script.get("mode", "auto"),
            elicitation_callback=asked if sdk_client.asks(script) else None,
        ) as client,
    ):
        yield Client(client, authorization)


asyncio.run(sdk_client.run(connect))
