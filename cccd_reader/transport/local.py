"""A card in this process: for tests, measurements, and machines without any reader."""

import threading
from typing import Protocol

from cccd_reader.apdu import EXTENDED_MAX_LE
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.transport.base import Connection, Empty, Present, ReaderState, split_answer

READER_NAME = "Local"
DEFAULT_ATR = bytes.fromhex("3B80800101")
"""The ATR that PC/SC part 3 builds for a contactless card without historical bytes."""


class Card(Protocol):
    """Something that answers APDUs."""

    def process(self, apdu: bytes) -> bytes: ...

    def reset(self) -> None: ...


class LocalConnection:
    """Calls the card's `process`. A card that is pulled raises `CardError(card_removed)` there."""

    kind = "local"

    def __init__(
        self,
        card: Card,
        name: str = READER_NAME,
        atr: bytes = DEFAULT_ATR,
        max_data_bytes: int | None = EXTENDED_MAX_LE,
    ) -> None:
        self.name = name
        self.atr = atr
        self.max_data_bytes = max_data_bytes
        self._card = card
        self._open = True
        card.reset()

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        if not self._open:
            raise CardError(CardErrorCode.CARD_REMOVED, "the connection is closed")
        return split_answer(self._card.process(apdu))

    def reset(self) -> None:
        self._card.reset()

    def close(self) -> None:
        self._open = False


class LocalSource:
    """A reader whose cards are put on it by `insert` and `remove`, from any thread."""

    kind = "local"

    def __init__(self, card: Card | None = None) -> None:
        self._changed = threading.Condition()
        self._card = card
        self._last: ReaderState | None = None
        self._connection: LocalConnection | None = None

    def insert(self, card: Card) -> None:
        with self._changed:
            self._card = card
            self._changed.notify_all()

    def remove(self) -> None:
        with self._changed:
            self._card = None
            if self._connection is not None:
                self._connection.close()
            self._changed.notify_all()

    def wait_change(self, timeout_s: float) -> ReaderState:
        with self._changed:
            self._changed.wait_for(lambda: self._state() != self._last, timeout_s)
            self._last = self._state()
            return self._last

    def connect(self) -> Connection:
        with self._changed:
            if self._card is None:
                raise CardError(CardErrorCode.NO_CARD, "no card on the reader")
            self._connection = LocalConnection(self._card)
            return self._connection

    def close(self) -> None:
        self.remove()

    def _state(self) -> ReaderState:
        return Empty((READER_NAME,)) if self._card is None else Present(READER_NAME, DEFAULT_ATR)
