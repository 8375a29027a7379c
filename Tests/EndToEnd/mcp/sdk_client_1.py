"""An MCP client of the SDK's first generation."""

import asyncio
from contextlib import asynccontextmanager

import sdk_client
import sdk_oauth
from mcp import ClientSession
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.shared.exceptions import McpError
from mcp.types import ElicitResult


class Client:
    errors = McpError

    def __init__(self, session: ClientSession, revision: str, authorization):
        self._session = session
        self.revision = revision
        self.authorization = authorization

    async def list(self) -> list[str]:
        return [tool.name for tool in (await self._session.list_tools()).tools]

    async def call(self, name: str, arguments: dict, progress) -> dict:
        result = await self._session.call_tool(name, arguments, progress_callback=progress)
        text = "\n".join(part.text for part in result.content if part.type == "text")
        return {"text": text, "isError": bool(result.isError), "structured": result.structuredContent}


@asynccontextmanager
async def connect(script: dict):
    async def asked(context, params):
        await sdk_client.open_page(params.url)
        return ElicitResult(action="accept")

    # The SDK's provider wants the code and the state.
    authorization = sdk_oauth.provider(script, lambda answer: (answer["code"], answer.get("state")))
    async with (
        create_mcp_http_client(headers=sdk_oauth.headers(script), auth=authorization) as http,
        streamable_http_client(script["url"], http_client=http) as (read, write, _),
        ClientSession(read, write, elicitation_callback=asked if script.get("opensPages") else None) as session,
    ):
        hello = await session.initialize()
        yield Client(session, hello.protocolVersion, authorization)


asyncio.run(sdk_client.run(connect))
