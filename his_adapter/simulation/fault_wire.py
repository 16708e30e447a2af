"""One side of a connection as the fault proxy sees it: bytes in, bytes out, and ways to break it."""

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass

PIECE = 65_536
MAX_MESSAGE = 64 << 20
CONNECT_LIMIT_S = 10.0
FLUSH_LIMIT_S = 1.0


class WireError(Exception):
    """The other side has gone, or does not speak the protocol."""


class NonsenseError(WireError):
    """It does not speak the protocol."""


@dataclass(frozen=True, slots=True)
class Address:
    """A TCP endpoint."""

    host: str
    port: int

    @classmethod
    def of(cls, text: str) -> "Address":
        """``HOST:PORT``. Raises ValueError."""
        host, _, port = text.rpartition(":")
        number = int(port)
        if not host or not 0 < number < 65_536:
            raise ValueError("an address is HOST:PORT")
        return cls(host.strip("[]"), number)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Wire:
    """An open connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._rest = b""

    @classmethod
    async def to(cls, address: Address) -> "Wire":
        """Connect. Raises WireError."""
        try:
            async with asyncio.timeout(CONNECT_LIMIT_S):
                return cls(*await asyncio.open_connection(address.host, address.port))
        except (OSError, TimeoutError) as error:
            raise WireError(type(error).__name__) from None

    async def read(self) -> bytes:
        """Some bytes, none at the end. Raises WireError."""
        if self._rest:
            rest, self._rest = self._rest, b""
            return rest
        try:
            return await self._reader.read(PIECE)
        except OSError as error:
            raise WireError(type(error).__name__) from None

    def put_back(self, rest: bytes) -> None:
        """Bytes of the next message, read with the last one."""
        self._rest = rest + self._rest

    async def write(self, data: bytes) -> None:
        """Raises WireError."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise WireError(type(error).__name__) from None

    @property
    def ended(self) -> bool:
        """The other side has closed, as far as is known."""
        return self._reader.at_eof() or self._writer.is_closing()

    async def until_left(self) -> None:
        """Until the other side closes."""
        with contextlib.suppress(WireError):
            while await self.read():
                pass

    def end_writing(self) -> None:
        """Tell the other side that nothing more comes."""
        with contextlib.suppress(OSError):
            if self._writer.can_write_eof():
                self._writer.write_eof()

    async def cut(self) -> None:
        """Close; what was written goes out first, if the other side takes it."""
        self._writer.close()
        with contextlib.suppress(OSError):
            try:
                async with asyncio.timeout(FLUSH_LIMIT_S):
                    await self._writer.wait_closed()
            except TimeoutError:
                self._writer.transport.abort()

    async def reset(self) -> None:
        """Close with a TCP reset."""
        held: socket.socket | None = self._writer.get_extra_info("socket")
        if held is not None and held.fileno() >= 0:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
        await self.cut()
