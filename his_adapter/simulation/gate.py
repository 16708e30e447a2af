"""The faults every simulated system shares, before its own application."""

import asyncio
import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from his_adapter.simulation.commands import Fault

INSPECTION = "/simulation/"
"""Paths for tests and demonstrations; no fault touches them."""


class Gate:
    """An ASGI application that passes to another one, unless a fault stands in between."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.fault = Fault.NONE
        self._over = asyncio.Event()

    def set(self, fault: Fault) -> None:
        """Begin a fault; the one before ends and held answers go out."""
        self._over.set()
        self._over = asyncio.Event()
        self.fault = fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or str(scope["path"]).startswith(INSPECTION):
            await self._app(scope, receive, send)
            return
        match self.fault:
            case Fault.SLOW:
                await self._app(scope, receive, self._held(send))
            case Fault.HTTP_500:
                await _reply(send, 500, b'{"message": "internal error"}', b"application/json")
            case Fault.BAD_ANSWER:
                await _reply(send, 200, "<html>Hệ thống đang bảo trì</html>".encode(), b"text/html; charset=utf-8")
            case Fault.UNAUTHORIZED_ONCE:
                self.fault = Fault.NONE
                await _reply(send, 401, json.dumps({"message": "unauthorized"}).encode(), b"application/json")
            case Fault.UNAUTHORIZED:
                await _reply(send, 401, json.dumps({"message": "unauthorized"}).encode(), b"application/json")
            case Fault.NONE | Fault.DOWN | Fault.BAD_SIGNATURE:
                await self._app(scope, receive, send)

    def _held(self, send: Send) -> Send:
        over = self._over

        async def later(message: Message) -> None:
            await over.wait()
            await send(message)

        return later


async def _reply(send: Send, status: int, body: bytes, kind: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": body})
