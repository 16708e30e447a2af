"""The faults every simulated system shares, before its own application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from his_adapter.simulation.commands import Fault

INSPECTION = "/simulation/"
"""Paths for tests and demonstrations; no fault touches them."""
DEFAULT_PAUSE_S = {Fault.LATENCY: 0.5, Fault.SLOW_BODY: 0.05}


class Gate:
    """An ASGI application that passes to another one, unless a fault stands in between."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.fault = Fault.NONE
        self._pause_s = 0.0
        self._over = asyncio.Event()

    def set(self, fault: Fault, milliseconds: int | None = None) -> None:
        """Begin a fault; the one before ends and held answers go out.

        `milliseconds` is how late an answer is, or the pause between two bytes of a slow one.
        """
        self._over.set()
        self._over = asyncio.Event()
        self.fault = fault
        self._pause_s = DEFAULT_PAUSE_S.get(fault, 0.0) if milliseconds is None else milliseconds / 1_000

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or str(scope["path"]).startswith(INSPECTION):
            await self._app(scope, receive, send)
            return
        match self.fault:
            case Fault.SLOW:
                await self._app(scope, receive, _Held(send, self._over, None))
            case Fault.LATENCY:
                await self._app(scope, receive, _Held(send, self._over, self._pause_s))
            case Fault.SLOW_BODY:
                await self._app(scope, receive, _Trickle(send, self._over, self._pause_s))
            case Fault.MALFORMED_JSON:
                await self._app(scope, receive, _Halved(send))
            case Fault.HALF_OPEN:
                await _left_or_over(receive, self._over)
                await reply(send, 503, b"", b"text/plain")  # somebody may still be there when the fault ends
            case Fault.HTTP_500:
                await reply(send, 500, b'{"message": "internal error"}')
            case Fault.BAD_ANSWER:
                await reply(send, 200, "<html>Hệ thống đang bảo trì</html>".encode(), b"text/html; charset=utf-8")
            case Fault.UNAUTHORIZED_ONCE:
                self.fault = Fault.NONE
                await reply(send, 401, b'{"message": "unauthorized"}')
            case Fault.UNAUTHORIZED:
                await reply(send, 401, b'{"message": "unauthorized"}')
            case Fault.NONE | Fault.DOWN | Fault.BAD_SIGNATURE | Fault.EXPIRED_TOKEN:
                await self._app(scope, receive, send)


class _Held:
    """Answers wait until the fault is over, or for a while."""

    def __init__(self, send: Send, over: asyncio.Event, pause_s: float | None) -> None:
        self._send = send
        self._over = over
        self._pause_s = pause_s

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await _wait(self._over, self._pause_s)
        await self._send(message)


class _Trickle:
    """A byte at a time, until the fault is over."""

    def __init__(self, send: Send, over: asyncio.Event, pause_s: float) -> None:
        self._send = send
        self._over = over
        self._pause_s = pause_s

    async def __call__(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        body: bytes = message.get("body", b"")
        async for byte in self._paced(body):
            await self._send({"type": "http.response.body", "body": byte, "more_body": True})
        await self._send({"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)})

    async def _paced(self, body: bytes) -> AsyncIterator[bytes]:
        for place in range(len(body)):
            yield body[place : place + 1]
            await _wait(self._over, self._pause_s)


class _Halved:
    """What was done is done; its answer is half a document, framed as if it were whole."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            half = self._body[: len(self._body) // 2]
            headers = [(name, value) for name, value in self._start["headers"] if name.lower() != b"content-length"]
            await self._send({**self._start, "headers": [*headers, (b"content-length", b"%d" % len(half))]})
            await self._send({"type": "http.response.body", "body": half})


async def reply(send: Send, status: int, body: bytes, kind: bytes = b"application/json") -> None:
    """A whole answer."""
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _wait(over: asyncio.Event, limit_s: float | None) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            await over.wait()


async def _left_or_over(receive: Receive, over: asyncio.Event) -> None:
    async def left() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    waiting = {asyncio.create_task(left()), asyncio.create_task(over.wait())}
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
