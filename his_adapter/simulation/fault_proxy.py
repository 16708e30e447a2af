"""A proxy that stands before any real TCP peer and lets things go wrong on the way, as real networks do.

It knows where messages of HTTP/1.1 and MLLP begin and end, so that a mishap hits whole messages; of other protocols it
breaks whole connections. TLS is passed on as `TalkKind.TCP` only. The peer is given its time: when the caller has left
already, its answer is still waited for, because what it does then is what the caller must not do again.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from his_adapter.simulation.fault_framing import FRAMINGS, Framing, Message, TalkKind
from his_adapter.simulation.fault_plan import DUPLICATES, FaultPlan, Figures, Mishap, Tally
from his_adapter.simulation.fault_streams import NOTHING_HEARD, StreamMishap, pass_on, trickle
from his_adapter.simulation.fault_wire import Address, NonsenseError, Wire, WireError
from his_adapter.simulation.listener import HOST, bound

IMPOSSIBLE: Mapping[TalkKind, frozenset[Mishap]] = {
    TalkKind.HTTP: frozenset(),
    TalkKind.MLLP: frozenset({Mishap.HTTP_5XX}),
    TalkKind.TCP: frozenset({Mishap.HTTP_5XX, *DUPLICATES}),
}
"""Mishaps that need to know where a message ends, or what an answer looks like."""
LATE_AFTER = (1, 8)
"""After how many later messages a late duplicate comes."""
BACKLOG = 128


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: the least and the most latency, the pause after each byte of a trickle, how long it refuses."""

    latency_s: tuple[float, float] = (0.05, 0.5)
    trickle_s: float = 0.05
    refuse_s: float = 0.5


class FaultProxy:
    """The proxy in a thread of its own, from entering to leaving the context.

    Each message's mishap is the next one that was told, or drawn by the plan. `close` sends the late duplicates that
    are still due. Raises ValueError for a mishap that this kind of talk cannot have.
    """

    def __init__(
        self, to: Address, kind: TalkKind, plan: FaultPlan | None = None, *, port: int = 0, pace: Pace | None = None
    ) -> None:
        self._kind = kind
        self._plan = plan or FaultPlan()
        self._must_be_possible(self._plan.rates.mishaps())
        self._tally = Tally()
        self._relay = _Relay(to, kind, self._plan, self._tally, pace or Pace())
        self._reservation = bound(port)
        self.address = Address(HOST, self._reservation.getsockname()[1])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fault-proxy", daemon=True)

    @property
    def url(self) -> str:
        """Where an HTTP client finds it."""
        return f"http://{self.address}"

    def next(self, *mishaps: Mishap) -> None:
        """What becomes of the next messages, one each; with TCP, of the next connections."""
        self._must_be_possible(mishaps)
        self._plan.next(*mishaps)

    def figures(self) -> Figures:
        """What it has done so far."""
        return self._tally.figures()

    def refuse(self) -> None:
        """Stop listening: connections are refused until `accept`. Open ones stay."""
        self._await(self._relay.refuse())

    def accept(self) -> None:
        """Listen again."""
        self._await(self._relay.accept(self.address.port))

    def send_late(self) -> None:
        """Send the duplicates that wait for their time now. Returns when the peer has answered them."""
        self._await(self._relay.send_late())

    def start(self) -> Self:
        """Listen."""
        self._thread.start()
        self.accept()
        return self

    def close(self) -> None:
        """Stop; open connections are cut."""
        self._await(self._relay.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._reservation.close()

    def _must_be_possible(self, mishaps: Iterable[Mishap]) -> None:
        if impossible := IMPOSSIBLE[self._kind].intersection(mishaps):
            raise ValueError(f"not with {self._kind}: {', '.join(sorted(impossible))}")

    def _await(self, doing: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(doing, self._loop).result()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


class _Relay:
    """The proxy in its event loop."""

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
        self._port = port
        if self._server is None:
            listening = bound(port)
            listening.listen(BACKLOG)
            self._server = await asyncio.start_server(self._connected, sock=listening)

    async def refuse(self) -> None:
        if self._server is not None:
            server, self._server = self._server, None
            server.close()

    async def send_late(self) -> None:
        late, self._late = self._late, []
        for one in late:
            await self._apart(one.message)

    async def close(self) -> None:
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
