"""The fault proxy in its event loop: every message of a caller goes on to the peer as the plan says."""

import asyncio
from dataclasses import dataclass

from his_adapter.simulation.fault_framing import FRAMINGS, Framing, Message, TalkKind
from his_adapter.simulation.fault_plan import FaultPlan, Mishap, Tally
from his_adapter.simulation.fault_streams import NOTHING_HEARD, StreamMishap, pass_on, trickle
from his_adapter.simulation.fault_wire import Address, NonsenseError, Wire, WireError
from his_adapter.simulation.listener import bound

LATE_AFTER = (1, 8)
"""After how many later messages a late duplicate comes."""
BACKLOG = 128


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: the least and the most latency, the pause after each byte of a trickle, how long it refuses."""

    latency_s: tuple[float, float] = (0.05, 0.5)
    trickle_s: float = 0.05
    refuse_s: float = 0.5


class Relay:
    """Listens, and passes messages or bytes on, each with its mishap."""

    def __init__(self, to: Address, kind: TalkKind, plan: FaultPlan, tally: Tally, pace: Pace) -> None:
        self._to = to
        self._framing: Framing | None = FRAMINGS.get(kind)
        self._plan = plan
        self._tally = tally
        self._pace = pace
        self._port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._late: list[_Late] = []

    async def accept(self, port: int) -> None:
        """Listen."""
        self._port = port
        if self._server is None:
            listening = bound(port)
            listening.listen(BACKLOG)
            self._server = await asyncio.start_server(self._connected, sock=listening)

    async def refuse(self) -> None:
        """Listen no more; open connections stay."""
        if self._server is not None:
            server, self._server = self._server, None
            server.close()

    async def send_late(self) -> None:
        """Send the late duplicates that are still due."""
        late, self._late = self._late, []
        for one in late:
            await self._apart(one.message)

    async def close(self) -> None:
        """Cut every connection, and send what is due late."""
        await self.refuse()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.send_late()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(Wire(reader, writer)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, caller: Wire) -> None:
        try:
            if self._framing is None:
                await self._stream(caller)
            else:
                await self._talk(caller, self._framing)
        except NonsenseError:
            self._tally.count("nonsense")
        except WireError:
            pass  # one side has left; what was counted is counted
        finally:
            await caller.cut()

    async def _stream(self, caller: Wire) -> None:
        mishap = self._plan.draw(b"")
        self._tally.mishap(mishap)
        if mishap in NOTHING_HEARD:
            await self._unheard(mishap, caller)
            return
        try:
            peer = await Wire.to(self._to)
        except WireError:
            self._tally.count("lost")
            raise
        self._tally.count("sent")
        how = StreamMishap(mishap, self._plan.within(*self._pace.latency_s), self._pace.trickle_s)
        try:
            await pass_on(caller, peer, how, self._tally)
        finally:
            await peer.cut()

    async def _talk(self, caller: Wire, framing: Framing) -> None:
        peer = _Peer(self._to, framing, self._tally)
        try:
            while (message := await framing.question(caller)) is not None:
                mishap = self._plan.draw(message.raw)
                self._tally.mishap(mishap)
                if not await self._exchange(mishap, message, caller, peer, framing):
                    return
                await self._send_what_is_late()
        finally:
            await peer.close()

    async def _exchange(self, mishap: Mishap, message: Message, caller: Wire, peer: "_Peer", framing: Framing) -> bool:
        """Whether the connection goes on."""
        if mishap in NOTHING_HEARD:
            await self._unheard(mishap, caller)
            return False
        if mishap is Mishap.HTTP_5XX:
            await caller.write(framing.refusal)
            return not message.ends
        answer = await self._answer(mishap, message, peer)
        match mishap:
            case Mishap.DROP_AFTER_SEND:
                return False
            case Mishap.RESET:
                await caller.reset()
                return False
            case Mishap.TRUNCATED:
                await caller.write(answer.raw[: len(answer.raw) // 2])
                return False
            case Mishap.GARBAGE:
                await caller.write(framing.garbage)
                return False  # announced: a caller that went on would take the end for another mishap
            case Mishap.SLOW_BODY:
                await trickle(caller, answer.raw, self._pace.trickle_s)
            case Mishap.LATENCY:
                await asyncio.sleep(self._plan.within(*self._pace.latency_s))
                await caller.write(answer.raw)
            case _:
                await caller.write(answer.raw)
        return not (message.ends or answer.ends)

    async def _answer(self, mishap: Mishap, message: Message, peer: "_Peer") -> Message:
        match mishap:
            case Mishap.DUPLICATE_FIRST:
                answer = await peer.ask(message)
                await self._apart(message)
                return answer
            case Mishap.DUPLICATE_SECOND:
                first = await peer.ask(message)
                return await self._apart(message) or first
            case Mishap.DUPLICATE_AT_ONCE:
                copy = asyncio.create_task(self._apart(message))
                try:
                    answer = await peer.ask(message)
                finally:
                    other = await copy
                return other or answer
            case Mishap.DUPLICATE_LATE:
                answer = await peer.ask(message)
                self._late.append(_Late(message, round(self._plan.within(*LATE_AFTER))))
                return answer
            case _:
                return await peer.ask(message)

    async def _unheard(self, mishap: Mishap, caller: Wire) -> None:
        if mishap is Mishap.HALF_OPEN:
            await caller.until_left()
        elif mishap is Mishap.REFUSED:
            await self.refuse()
            await caller.cut()
            await asyncio.sleep(self._pace.refuse_s)
            await self.accept(self._port)

    async def _apart(self, message: Message) -> Message | None:
        """Send a copy on a connection of its own; None when there was no answer."""
        assert self._framing is not None
        peer = _Peer(self._to, self._framing, self._tally)
        try:
            return await peer.ask(message)
        except WireError:
            return None
        finally:
            await peer.close()

    async def _send_what_is_late(self) -> None:
        for one in self._late:
            one.after -= 1
        due = [one for one in self._late if one.after < 0]
        self._late = [one for one in self._late if one.after >= 0]
        for one in due:
            await self._apart(one.message)


@dataclass(slots=True)
class _Late:
    message: Message
    after: int


class _Peer:
    """The peer's side of one caller's connection, opened when it is needed."""

    def __init__(self, to: Address, framing: Framing, tally: Tally) -> None:
        self._to = to
        self._framing = framing
        self._tally = tally
        self._wire: Wire | None = None

    async def ask(self, message: Message) -> Message:
        """The peer's answer. Raises WireError, and then it is unknown what the peer did."""
        try:
            wire = await self._open()
            await wire.write(message.raw)
            self._tally.count("sent")
            answer = await self._framing.answer(wire, message)
        except WireError:
            self._tally.count("lost")
            await self.close()
            raise WireError("the peer has gone") from None
        self._tally.count("answered")
        if answer.ends or message.ends:
            await self.close()
        return answer

    async def close(self) -> None:
        if self._wire is not None:
            wire, self._wire = self._wire, None
            await wire.cut()

    async def _open(self) -> Wire:
        if self._wire is not None and self._wire.ended:
            await self.close()
        if self._wire is None:
            self._wire = await Wire.to(self._to)
        return self._wire
