"""What the clients of both SDK generations share: a script comes in as JSON, results go out, a line each.

The script: `{"url", "token", "mode"?, "opensPages"?, "fills"?, "steps": [{"list": true} | {"call", "arguments"?, "progress"?} |
{"cancel"}], "parallel"?}`. A page that the person is to open goes out as `{"open": url}`; the client goes on when a line comes in. A form is
filled in with `fills`, or declined where that is null. `cancel` calls a tool and takes the call back when a line comes in. With `"authorize"` instead of a
token, that line is the address to which the person was sent back, and `{"expire": true}` among the steps makes the access token look old.
"""

import asyncio
import json
import sys


def say(value: dict) -> None:
    print(json.dumps(value), flush=True)


async def open_page(url: str) -> str:
    say({"open": url})
    return (await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)).strip()


def asks(script: dict) -> bool:
    """Whether the client has a person who can be asked."""
    return "fills" in script or bool(script.get("opensPages"))


async def answer(script: dict, params) -> dict:
    """What the person does about a question: the members of an elicitation's result."""
    if params.mode == "form":
        say({"form": params.message})
        fills = script.get("fills")
        return {"action": "decline"} if fills is None else {"action": "accept", "content": fills}
    await open_page(params.url)
    return {"action": "accept"}


async def run(connect) -> None:
    """`connect` gives a context manager of an object with `revision`, `list()` and `call(name, arguments, progress)`."""
    script = json.loads(sys.stdin.readline())
    async with connect(script) as client:
        say({"revision": client.revision})
        if "parallel" in script:
            limit = asyncio.Semaphore(script["parallel"])

            async def limited(step):
                async with limit:
                    return await take(client, step)

            for result in await asyncio.gather(*(limited(step) for step in script["steps"])):
                say(result)
        else:
            for step in script["steps"]:
                say(await take(client, step))


async def take(client, step: dict) -> dict:
    if "expire" in step:
        client.authorization.expire()
        return {}
    if "list" in step:
        return {"tools": await client.list()}
    if "cancel" in step:
        call = asyncio.create_task(client.call(step["cancel"], {}, None))
        await open_page("cancel")
        return await client.cancel(call)
    heard: list[float] = []

    async def progress(done, total, message):
        heard.append(done)

    try:
        result = await client.call(step["call"], step.get("arguments", {}), progress if step.get("progress") else None)
    except client.errors as error:
        return {"error": {"code": error.error.code, "message": error.error.message, "data": error.error.data}}
    return {**result, "progress": heard}
