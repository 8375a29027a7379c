"""An MCP server of the SDK's first generation: revisions until 2025-11-25."""

import asyncio

import sdk_server
from mcp.server.fastmcp import Context, FastMCP
from mcp.shared.exceptions import UrlElicitationRequiredError
from mcp.types import ElicitRequestURLParams, ToolAnnotations
from pydantic import BaseModel

server = FastMCP("sdk-1")


def remember(tool: str, context: Context, **more) -> dict:
    return sdk_server.remember(tool, context.request_context.request.headers, **more)


@server.tool(annotations=ToolAnnotations(readOnlyHint=True))
def echo(text: str, ctx: Context) -> str:
    remember("echo", ctx, text=text)
    return text


@server.tool()
def add(a: int, b: int, ctx: Context) -> dict[str, int]:
    remember("add", ctx)
    return {"sum": a + b}


@server.tool()
async def steps(count: int, ctx: Context) -> str:
    remember("steps", ctx)
    for step in range(count):
        await ctx.report_progress(step + 1, count, f"step {step + 1}")
    return "done"


@server.tool()
def fail(ctx: Context) -> str:
    remember("fail", ctx)
    raise ValueError("it did not work")


@server.tool()
async def wait(ctx: Context) -> str:
    """Never ends by itself."""
    noted = remember("wait", ctx)
    try:
        await asyncio.sleep(3600)
    finally:
        noted["ended"] = True
    return "never"


@server.tool()
def pay(marker: str, ctx: Context) -> str:
    """Sends the person to a page first."""
    remember("pay", ctx)
    if not sdk_server.is_paid(marker):
        raise UrlElicitationRequiredError(
            [ElicitRequestURLParams(
                mode="url", message="Pay first", url=f"https://pay.example/{marker}", elicitationId=marker)]
        )
    return "paid"


class Colour(BaseModel):
    colour: str


@server.tool()
async def ask(ctx: Context) -> str:
    """Needs to know a colour before it ends."""
    remember("ask", ctx)
    answer = await ctx.elicit("Which colour?", Colour)
    return answer.data.colour if answer.action == "accept" else answer.action


@server.tool(annotations=ToolAnnotations(destructiveHint=True))
def delete_thing(id: str, ctx: Context) -> str:
    remember("delete_thing", ctx)
    return f"deleted {id}"


sdk_server.run(server.streamable_http_app())
