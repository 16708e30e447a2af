"""What a reader is to the rest of this room: two small protocols and the states of a reader."""

from dataclasses import dataclass
from typing import Protocol

from cccd_reader.apdu import ResponseApdu
from cccd_reader.errors import CardError, CardErrorCode, ChipDataError


def split_answer(raw: bytes) -> tuple[bytes, int]:
    """The data and the status word of an answer; `CardError(bad_answer)` when it is too short to have one."""
    try:
        answer = ResponseApdu.decode(raw)
    except ChipDataError as error:
        raise CardError(CardErrorCode.BAD_ANSWER, "an answer without a status word") from error
    return answer.data, answer.sw


class Connection(Protocol):
    """A powered card. Every method raises `CardError` for what can go wrong with a link."""

    @property
    def name(self) -> str:
        """The reader's name as the system calls it."""

    @property
    def kind(self) -> str:
        """One of `pcsc`, `socket`, `local`."""

    @property
    def atr(self) -> bytes: ...

    @property
    def max_data_bytes(self) -> int | None:
        """The most data bytes of a command or answer that the reader carries: 256 means short APDUs alone. None when
        the reader does not say; then only trying tells."""

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        """One exchange: the answer's data and status word, exactly as the card gave them. May block without limit on
        PC/SC, so a watchdog has to live in another process (`transport.guarded`)."""

    def reset(self) -> None:
        """Power the card anew: sessions and selections are gone."""

    def close(self) -> None:
        """Let the card go. Never raises; may be called twice."""


@dataclass(frozen=True, slots=True)
class ServiceDown:
    """The smart card service does not answer; `reason` is technical English."""

    reason: str


@dataclass(frozen=True, slots=True)
class NoReader:
    """The service runs, but no reader that we look for is plugged in."""


@dataclass(frozen=True, slots=True)
class Empty:
    """Readers, and no card on any of them."""

    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Present:
    """Exactly one card."""

    reader: str
    atr: bytes


@dataclass(frozen=True, slots=True)
class SeveralCards:
    """Cards on more than one reader: nobody can say which is the patient's."""

    readers: tuple[str, ...]


ReaderState = ServiceDown | NoReader | Empty | Present | SeveralCards


class CardSource(Protocol):
    """Where cards appear. Used by one thread."""

    @property
    def kind(self) -> str:
        """One of `pcsc`, `socket`, `local`."""

    def wait_change(self, timeout_s: float) -> ReaderState:
        """Returns as soon as the state differs from the one last returned, or after `timeout_s` with the same. Never
        raises for a service or reader that fails: that is a state."""

    def connect(self) -> Connection:
        """The one card, for our use alone. Raises `CardError`: no_card, several_cards, reader_busy, service_down …"""

    def close(self) -> None: ...
