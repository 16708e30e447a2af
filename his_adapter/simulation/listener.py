"""A server that can stop listening and listen again on the same port."""

import asyncio
import socket

import uvicorn
import uvicorn.lifespan.off  # uvicorn finds it by name, which a frozen build cannot see
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

HOST = "127.0.0.1"


class Listener:
    """Serves an application on loopback. While it is down, connecting is refused and nobody else can take the port."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._reservation = bound(port)
        self.port: int = self._reservation.getsockname()[1]
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._deaf = False

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}"

    async def up(self) -> None:
        """Listen. Connections are taken from the moment this returns."""
        async with self._one_at_a_time:
            if self._server is not None and not self._deaf:
                return
            await self._end()
            listening = bound(self.port)
            listening.listen(128)
            config = uvicorn.Config(
                self._app,
                http=H11Protocol,
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                access_log=False,
            )
            self._server = uvicorn.Server(config)
            self._serving = asyncio.create_task(self._serve(self._server, listening))

    def deafen(self) -> None:
        """Take no more connections, from now on; open ones stay until `down`."""
        if self._server is not None and self._server.started:
            self._deaf = True
            for accepting in self._server.servers:
                accepting.close()

    async def down(self) -> None:
        """Stop listening and cut what is open."""
        async with self._one_at_a_time:
            await self._end()

    async def _end(self) -> None:
        if self._server is None or self._serving is None:
            return
        self._server.should_exit = self._server.force_exit = True
        for connection in list(self._server.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await self._serving
        self._server = self._serving = None
        self._deaf = False

    async def close(self) -> None:
        """Stop for good."""
        await self.down()
        self._reservation.close()

    @staticmethod
    async def _serve(server: uvicorn.Server, listening: socket.socket) -> None:
        with listening:
            await server.serve(sockets=[listening])


def bound(port: int) -> socket.socket:
    """A bound socket that does not listen. SO_REUSEPORT lets the reservation and the listener share the port."""
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it every answer takes 40 ms more
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind((HOST, port))
    except BaseException:
        made.close()
        raise
    return made
