"""What the fault proxy does to each message: told one by one, or drawn from a seeded source."""

import random
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum


class Mishap(StrEnum):
    """What becomes of one message. Where the peer acts, it does so before the caller notices anything."""

    NONE = "none"  # passed on, and the answer too
    DROP_BEFORE_SEND = "drop_before_send"  # the peer hears nothing; the connection is cut
    DROP_AFTER_SEND = "drop_after_send"  # the peer acts and answers; the caller's connection is cut instead
    DUPLICATE_FIRST = "duplicate_first"  # the peer gets it twice, in a row; the caller hears the first answer
    DUPLICATE_SECOND = "duplicate_second"  # the same; the caller hears the second answer
    DUPLICATE_AT_ONCE = "duplicate_at_once"  # twice side by side on two connections; the caller hears one of them
    DUPLICATE_LATE = "duplicate_late"  # once more after later ones, or when the proxy ends; nobody hears that answer
    HTTP_5XX = "http_5xx"  # HTTP: 503, and the peer hears nothing
    LATENCY = "latency"  # the answer is held back for a while
    HALF_OPEN = "half_open"  # accepted and never answered; the peer hears nothing
    SLOW_BODY = "slow_body"  # the answer trickles, a byte at a time
    RESET = "reset"  # the peer acts; the caller gets a TCP reset
    TRUNCATED = "truncated"  # the peer acts; the caller gets half an answer, and then the connection is cut
    GARBAGE = "garbage"  # the peer acts; the caller gets a well-framed answer without sense
    REFUSED = "refused"  # cut, and for a while connections are refused; the peer hears nothing


DUPLICATES = (
    Mishap.DUPLICATE_FIRST,
    Mishap.DUPLICATE_SECOND,
    Mishap.DUPLICATE_AT_ONCE,
    Mishap.DUPLICATE_LATE,
)


@dataclass(frozen=True, slots=True)
class Rates:
    """Probability of each mishap for each message, 0 to 1; `duplicate` stands for its four kinds in equal parts."""

    drop_before_send: float = 0.0
    drop_after_send: float = 0.0
    duplicate: float = 0.0
    http_5xx: float = 0.0
    latency: float = 0.0
    half_open: float = 0.0
    slow_body: float = 0.0
    reset: float = 0.0
    truncated: float = 0.0
    garbage: float = 0.0
    refused: float = 0.0

    def __post_init__(self) -> None:
        if not all(0 <= rate <= 1 for rate in self.all().values()) or sum(self.all().values()) > 1:
            raise ValueError("rates are 0 to 1, and 1 at most together")

    def all(self) -> Mapping[str, float]:
        """By name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def mishaps(self) -> frozenset[Mishap]:
        """Those that can be drawn."""
        named = {name for name, rate in self.all().items() if rate}
        duplicates = DUPLICATES if "duplicate" in named else ()
        return frozenset({*duplicates, *(Mishap(name) for name in named - {"duplicate"})})

    def mishap(self, draw: float, kind: int) -> Mishap:
        """The mishap at `draw` in [0, 1); `kind` chooses among the duplicates."""
        for name, rate in self.all().items():
            if draw < rate:
                return DUPLICATES[kind % len(DUPLICATES)] if name == "duplicate" else Mishap(name)
            draw -= rate
        return Mishap.NONE


class FaultPlan:
    """Draws a mishap for each message; what was told with `next` comes first. From any thread.

    With `only`, messages without these bytes pass and are not drawn for. The same seed gives the same mishaps in the
    order in which messages arrive.
    """

    def __init__(self, rates: Rates | None = None, seed: int = 0, only: bytes = b"") -> None:
        self.rates = rates or Rates()
        self._only = only
        self._random = random.Random(seed)
        self._told: deque[Mishap] = deque()
        self._lock = threading.Lock()

    def next(self, *mishaps: Mishap) -> None:
        """What becomes of the next messages, one each."""
        with self._lock:
            self._told.extend(mishaps)

    def draw(self, message: bytes) -> Mishap:
        """What becomes of this message."""
        if self._only not in message:
            return Mishap.NONE
        with self._lock:
            if self._told:
                return self._told.popleft()
            return self.rates.mishap(self._random.random(), self._random.randrange(len(DUPLICATES)))

    def within(self, low: float, high: float) -> float:
        """A number between the two from the same source."""
        with self._lock:
            return self._random.uniform(low, high)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the proxy has done. `sent` counts whole messages to the peer, copies among them, `answered` its answers.

    `lost` counts messages to which the peer gave no whole answer: it was away, or left. `nonsense` counts callers that
    did not speak the protocol.
    """

    messages: int
    sent: int
    answered: int
    lost: int
    nonsense: int
    mishaps: Mapping[Mishap, int]

    @property
    def duplicates(self) -> int:
        """Messages of which the peer got a copy, or still gets one."""
        return sum(self.mishaps.get(kind, 0) for kind in DUPLICATES)

    def row(self) -> dict[str, object]:
        """For printing: mishaps that did not happen are left out."""
        counted = {name: getattr(self, name) for name in ("messages", "sent", "answered", "lost", "nonsense")}
        return counted | {kind.value: count for kind, count in sorted(self.mishaps.items()) if count}


class Tally:
    """Counts for `Figures`. From any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._mishaps: Counter[Mishap] = Counter()

    def count(self, what: str) -> None:
        """One more of a field of `Figures`."""
        with self._lock:
            self._counts[what] += 1

    def mishap(self, kind: Mishap) -> None:
        """One more message, and what became of it."""
        with self._lock:
            self._counts["messages"] += 1
            self._mishaps[kind] += 1

    def figures(self) -> Figures:
        """So far."""
        with self._lock:
            counts = self._counts
            return Figures(
                counts["messages"],
                counts["sent"],
                counts["answered"],
                counts["lost"],
                counts["nonsense"],
                dict(self._mishaps),
            )
