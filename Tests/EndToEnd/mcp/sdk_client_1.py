"""An MCP client of the SDK's first generation."""

import asyncio
from contextlib import asynccontextmanager

import sdk_client
import sdk_oauth
from mcp import ClientSession
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.shared.exceptions import McpError
from mcp.types import CancelledNotification, CancelledNotificationParams, ClientNotification, ElicitResult


class Client:
    errors = McpError

    def __init__(self, session: ClientSession, revision: str, authorization):
        self._session = session
        self.revision = revision
        self.authorization = authorization

    async def list(self) -> list[str]:
        return [tool.name for tool in (await self._session.list_tools()).tools]

    async def call(self, name: str, arguments: dict, progress) -> dict:
        self._request = self._session._request_id
        result = await self._session.call_tool(name, arguments, progress_callback=progress)
        text = "\n".join(part.text for part in result.content if part.type == "text")
        return {"text": text, "isError": bool(result.isError), "structured": result.structuredContent}

    async def cancel(self, call) -> dict:
        """This generation leaves it to its user to say so."""
        params = CancelledNotificationParams(requestId=self._request)
        await self._session.send_notification(ClientNotification(CancelledNotification(params=params)))
        try:
            await call
        except McpError as error:
            return {"cancelled": error.error.message}
        return {"cancelled": None}


@asynccontextmanager
async def connect(script: dict):
    async def asked(context, params):
        return ElicitResult(**await sdk_client.answer(script, params))

    # The SDK's provider wants the code and the state.
    authorization = sdk_oauth.provider(script, lambda answer: (answer["code"], answer.get("state")))
    async with (
        create_mcp_http_client(headers=sdk_oauth.headers(script), auth=authorization) as http,
        streamable_http_client(script["url"], http_client=http) as (read, write, _),
        ClientSession(read, write, elicitation_callback=asked if sdk_client.asks(script) else None) as session,
    ):
        hello = await session.initialize()
        yield Client(session, hello.protocolVersion, authorization)


asyncio.run(sdk_client.run(connect))
