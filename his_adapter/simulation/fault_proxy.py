"""A proxy that stands before any real TCP peer and lets things go wrong on the way, as real networks do.

It knows where messages of HTTP/1.1 and MLLP begin and end, so that a mishap hits whole messages; of other protocols it
breaks whole connections. TLS is passed on as `TalkKind.TCP` only. The peer is given its time: when the caller has left
already, its answer is still waited for, because what it does then is what the caller must not do again.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Mapping
from types import TracebackType
from typing import Self

from his_adapter.simulation.fault_framing import TalkKind
from his_adapter.simulation.fault_plan import DUPLICATES, FaultPlan, Figures, Mishap, Tally
from his_adapter.simulation.fault_relay import Pace, Relay
from his_adapter.simulation.fault_wire import Address
from his_adapter.simulation.listener import HOST, bound

IMPOSSIBLE: Mapping[TalkKind, frozenset[Mishap]] = {
    TalkKind.HTTP: frozenset(),
    TalkKind.MLLP: frozenset({Mishap.HTTP_5XX}),
    TalkKind.TCP: frozenset({Mishap.HTTP_5XX, *DUPLICATES}),
}
"""Mishaps that need to know where a message ends, or what an answer looks like."""


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
        self._relay = Relay(to, kind, self._plan, self._tally, pace or Pace())
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
