"""Many requests at the same moment, each on a connection of its own.

Plain sockets: the pools of HTTP libraries spend more time on a thousand connections than the server does.
"""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

# Connections that may be opened at a time: the rest wait, so that the listen queue is not what is tested.
OPENING = 100


@dataclass(frozen=True)
class Answer:
    """One answer."""

    status: int
    body: bytes

    def json(self):
        return json.loads(self.body)


async def _send(address: tuple[str, int], request: bytes, opening: asyncio.Semaphore, start: asyncio.Event, ready):
    async with opening:
        reader, writer = await asyncio.open_connection(*address)
    ready()
    await start.wait()
    try:
        writer.write(request)
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        if fields.get(b"transfer-encoding") == b"chunked":
            body = b""
            while size := int(await reader.readline(), 16):
                body += await reader.readexactly(size)
                await reader.readline()
        else:
            body = await reader.readexactly(int(fields[b"content-length"]))
        return Answer(int(head.split(b" ", 2)[1]), body)
    finally:
        writer.close()


async def _burst(url: str, token: str, value: dict, callers: int, seconds: float) -> list[Answer]:
    parts = urlsplit(url)
    body = json.dumps(value).encode()
    request = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    opening, start, everybody = asyncio.Semaphore(OPENING), asyncio.Event(), asyncio.Event()
    waiting = callers

    def ready() -> None:
        nonlocal waiting
        waiting -= 1
        if waiting == 0:
            everybody.set()

    address = (parts.hostname, parts.port)
    async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
        tasks = [group.create_task(_send(address, request, opening, start, ready)) for _ in range(callers)]
        await everybody.wait()
        start.set()
    return [task.result() for task in tasks]


def post_at_once(url: str, token: str, value: dict, callers: int, seconds: float) -> list[Answer]:
    """Opens all connections, then sends the same request on each, and returns every answer."""
    # On a thread of its own: the browser that the run shares has an event loop in this one.
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, _burst(url, token, value, callers, seconds)).result()
