"""An MCP server of the SDK's second generation: both eras at one address."""

import asyncio

import sdk_server
from mcp.server.mcpserver import Context, MCPServer
from mcp.shared.exceptions import UrlElicitationRequiredError
from mcp_types import ElicitRequest, ElicitRequestFormParams, ElicitRequestURLParams, InputRequiredResult, ToolAnnotations

HANDSHAKE_REVISIONS_END = "2026"
COLOUR = {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"]}

server = MCPServer("sdk-2", version="1")


def remember(tool: str, context: Context, **more) -> dict:
    return sdk_server.remember(tool, context.request_context.request.headers, **more)


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
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
def pay(marker: str, ctx: Context) -> str | InputRequiredResult:
    """Sends the person to a page first."""
    remember("pay", ctx, answered=ctx.input_responses is not None, state=ctx.request_state)
    if sdk_server.is_paid(marker):
        return "paid"
    if ctx.protocol_version < HANDSHAKE_REVISIONS_END:
        page = ElicitRequestURLParams(
            mode="url", message="Pay first", url=f"https://pay.example/{marker}", elicitation_id=marker)
        raise UrlElicitationRequiredError([page])
    page = ElicitRequestURLParams(mode="url", message="Pay first", url=f"https://pay.example/{marker}")
    return InputRequiredResult(input_requests={"page": ElicitRequest(params=page)}, request_state=marker)


@server.tool()
def ask(ctx: Context) -> str | InputRequiredResult:
    """Needs to know a colour before it ends."""
    remember("ask", ctx, state=ctx.request_state)
    if ctx.input_responses is not None:
        answer = ctx.input_responses["colour"]
        return answer.content["colour"] if answer.action == "accept" else answer.action
    form = ElicitRequestFormParams(message="Which colour?", requested_schema=COLOUR)
    return InputRequiredResult(input_requests={"colour": ElicitRequest(params=form)}, request_state="asked")


@server.tool(annotations=ToolAnnotations(destructive_hint=True))
def delete_thing(id: str, ctx: Context) -> str:
    remember("delete_thing", ctx)
    return f"deleted {id}"


sdk_server.run(server.streamable_http_app())
