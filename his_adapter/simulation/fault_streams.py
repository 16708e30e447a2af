"""The fault proxy without a protocol: a mishap for each connection, not for each message."""

import asyncio
import contextlib
from dataclasses import dataclass

from his_adapter.simulation.fault_plan import Mishap, Tally
from his_adapter.simulation.fault_wire import Wire, WireError

NOTHING_HEARD = frozenset({Mishap.DROP_BEFORE_SEND, Mishap.HALF_OPEN, Mishap.REFUSED})
GARBAGE = bytes(range(128, 256))


@dataclass(frozen=True, slots=True)
class StreamMishap:
    """What is done to the peer's bytes. `delay_s` before each piece, `trickle_s` after each byte of a trickle."""

    kind: Mishap
    delay_s: float
    trickle_s: float


async def pass_on(caller: Wire, peer: Wire, mishap: StreamMishap, tally: Tally) -> None:
    """Join two connections until both ends are done, or the mishap has ended it."""
    there = asyncio.create_task(_there(caller, peer))
    try:
        await _back(caller, peer, mishap, tally)
    finally:
        there.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await there


async def _there(caller: Wire, peer: Wire) -> None:
    with contextlib.suppress(WireError):
        while piece := await caller.read():
            await peer.write(piece)
        peer.end_writing()


async def _back(caller: Wire, peer: Wire, mishap: StreamMishap, tally: Tally) -> None:
    heard = False
    while piece := await peer.read():
        if not heard:
            heard = True
            tally.count("answered")
        match mishap.kind:
            case Mishap.DROP_AFTER_SEND:
                return
            case Mishap.RESET:
                await caller.reset()
                return
            case Mishap.TRUNCATED:
                await caller.write(piece[: len(piece) // 2])
                return
            case Mishap.GARBAGE:
                await caller.write(GARBAGE)
                return
            case Mishap.SLOW_BODY:
                await trickle(caller, piece, mishap.trickle_s)
            case Mishap.LATENCY:
                await asyncio.sleep(mishap.delay_s)
                await caller.write(piece)
            case _:
                await caller.write(piece)
    if not heard:
        tally.count("lost")


async def trickle(wire: Wire, data: bytes, pause_s: float) -> None:
    """A byte at a time. Raises WireError when the other side has had enough."""
    for byte in data:
        if wire.ended:
            raise WireError("left")
        await wire.write(bytes([byte]))
        await asyncio.sleep(pause_s)
