"""A connection that remembers of every command what it was, how long it took and how it ended, and nothing it said."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from cccd_reader.apdu import sw_name
from cccd_reader.diagnosis.classes import spread
from cccd_reader.errors import CardError
from cccd_reader.transport.base import Connection

_NAMES = {
    0x22: "MSE",
    0x82: "EXTERNAL AUTHENTICATE",
    0x84: "GET CHALLENGE",
    0x86: "GENERAL AUTHENTICATE",
    0x88: "INTERNAL AUTHENTICATE",
    0xA4: "SELECT",
    0xB0: "READ BINARY",
    0xC0: "GET RESPONSE",
}
_INS = 1


@dataclass(frozen=True, slots=True)
class Exchange:
    """One command: its instruction, the answer's data bytes, seconds, and the status word or the failure's code."""

    instruction: int
    received: int
    seconds: float
    status: str


class RecordedConnection:
    """Passes everything on to `connection`, and times it by `clock` (seconds)."""

    def __init__(self, connection: Connection, clock: Callable[[], float]) -> None:
        self.name = connection.name
        self.kind = connection.kind
        self.atr = connection.atr
        self.max_data_bytes = connection.max_data_bytes
        self.exchanges: list[Exchange] = []
        self._connection = connection
        self._clock = clock

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        started = self._clock()
        try:
            data, sw = self._connection.transmit(apdu)
        except CardError as error:
            self._note(apdu, 0, started, error.code.value)
            raise
        self._note(apdu, len(data), started, f"{sw:04X} {sw_name(sw)}")
        return data, sw

    def reset(self) -> None:
        self._connection.reset()

    def close(self) -> None:
        self._connection.close()

    def statuses(self) -> dict[str, int]:
        """How often each status word came."""
        return dict(Counter(exchange.status for exchange in self.exchanges).most_common())

    def timings(self) -> dict[str, object]:
        """The durations of all commands, and of each kind."""
        kinds = Counter(exchange.instruction for exchange in self.exchanges)
        found: dict[str, object] = {"all": spread([exchange.seconds for exchange in self.exchanges])}
        for instruction, _ in kinds.most_common():
            name = _NAMES.get(instruction, f"INS {instruction:02X}")
            found[name] = spread(
                [exchange.seconds for exchange in self.exchanges if exchange.instruction == instruction]
            )
        return found

    def _note(self, apdu: bytes, received: int, started: float, status: str) -> None:
        instruction = apdu[_INS] if len(apdu) > _INS else 0
        self.exchanges.append(Exchange(instruction, received, self._clock() - started, status))
