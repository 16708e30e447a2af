"""Cards on PC/SC readers, with a monitor that survives the smart card service and every reader going away.

pyscard's own monitors die for good with the service, so the loop stands here, over the plain calls. Any failure other
than a timeout drops the context, and the next look makes a new one.
"""

import contextlib
import time
from collections.abc import Callable
from typing import assert_never

from cccd_reader.apdu import is_extended
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.transport.base import (
    Connection,
    Empty,
    NoReader,
    Present,
    ReaderState,
    ServiceDown,
    SeveralCards,
    split_answer,
)
from cccd_reader.transport.features import FEATURE_GET_TLV_PROPERTIES, max_apdu_data_bytes
from cccd_reader.transport.winscard import (
    PNP_NOTIFICATION,
    STATE_CHANGED,
    STATE_PRESENT,
    STATE_UNAVAILABLE,
    STATE_UNAWARE,
    SystemWinscard,
    Winscard,
    WinscardError,
)

SERVICE_RETRY_S = 0.5
"""How often a service that is down is looked for: often enough that nobody notices its restart."""

NO_READERS_AVAILABLE = 0x8010002E
TIMEOUT = 0x8010000A
UNKNOWN_READER = 0x80100009
READER_UNAVAILABLE = 0x80100017
NOT_TRANSACTED = 0x80100016

_CODES = {
    UNKNOWN_READER: CardErrorCode.READER_GONE,
    READER_UNAVAILABLE: CardErrorCode.READER_GONE,
    0x8010000B: CardErrorCode.READER_BUSY,  # SHARING_VIOLATION: another program has the card
    0x8010000C: CardErrorCode.NO_CARD,  # NO_SMARTCARD
    0x8010000F: CardErrorCode.UNSUPPORTED,  # PROTO_MISMATCH
    0x80100013: CardErrorCode.SERVICE_DOWN,  # COMM_ERROR: the service died while it worked for us
    NOT_TRANSACTED: CardErrorCode.CARD_REMOVED,  # pulled, and the service has not noticed yet
    0x8010001D: CardErrorCode.SERVICE_DOWN,  # NO_SERVICE
    0x8010001E: CardErrorCode.SERVICE_DOWN,  # SERVICE_STOPPED
    0x80100003: CardErrorCode.SERVICE_DOWN,  # INVALID_HANDLE: the service is another one than we connected to
    NO_READERS_AVAILABLE: CardErrorCode.READER_GONE,
    0x80100066: CardErrorCode.BAD_ANSWER,  # UNRESPONSIVE_CARD
    0x80100067: CardErrorCode.CARD_RESET,  # UNPOWERED_CARD
    0x80100068: CardErrorCode.CARD_RESET,  # RESET_CARD: another program reset it
    0x80100069: CardErrorCode.CARD_REMOVED,  # REMOVED_CARD
}


def card_error(error: WinscardError) -> CardError:
    """What a PC/SC result code means to us; a code that is not in the table is a bad answer."""
    code = _CODES.get(error.code, CardErrorCode.BAD_ANSWER)
    return CardError(code, f"{error.call} answers {error.code:08X}")


class PcscConnection:
    """A card in exclusive use, with a context of its own, so that no monitor's call is in its way.

    A transaction is held from connecting to closing: Windows' own services do not get between two commands either.
    """

    kind = "pcsc"

    def __init__(self, api: Winscard, reader: str) -> None:
        self.name = reader
        self._api = api
        self._open = True
        self._extended_worked = False
        try:
            self._context = api.establish()
        except WinscardError as error:
            raise card_error(error) from error
        try:
            self._handle, self._protocol = api.connect(self._context, reader)
        except WinscardError as error:
            self._release()
            raise card_error(error) from error
        try:
            self.atr = api.atr(self._handle)
            api.begin_transaction(self._handle)
        except WinscardError as error:
            self.close()
            raise card_error(error) from error
        self.max_data_bytes = self._ask_max_data_bytes()

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        if not self._open:
            raise CardError(CardErrorCode.CARD_REMOVED, "the connection is closed")
        try:
            raw = self._api.transmit(self._handle, self._protocol, apdu)
        except WinscardError as error:
            if error.code == NOT_TRANSACTED and is_extended(apdu) and not self._extended_worked:
                # So says a reader whose card was pulled, and one that cannot carry extended APDUs.
                raise CardError(CardErrorCode.BAD_ANSWER, "an extended APDU was not transacted") from error
            raise card_error(error) from error
        if not raw:
            # A card pulled while it worked: the service reports success and no bytes.
            raise CardError(CardErrorCode.CARD_REMOVED, "the card left while it answered")
        self._extended_worked = self._extended_worked or is_extended(apdu)
        return split_answer(raw)

    def reset(self) -> None:
        try:
            self._protocol = self._api.reconnect(self._handle)
        except WinscardError as error:
            raise card_error(error) from error

    def close(self) -> None:
        if self._open:
            self._open = False
            # The service or the card may be gone already, and then there is nothing to let go.
            with contextlib.suppress(WinscardError):
                self._api.end_transaction(self._handle)
            with contextlib.suppress(WinscardError):
                self._api.disconnect(self._handle)
            self._release()

    def _ask_max_data_bytes(self) -> int | None:
        # Drivers that do not know the question answer with an error, and that is an answer too: not known.
        with contextlib.suppress(WinscardError):
            code = self._api.features(self._handle).get(FEATURE_GET_TLV_PROPERTIES)
            if code is not None:
                return max_apdu_data_bytes(self._api.control(self._handle, code))
        return None

    def _release(self) -> None:
        self._open = False
        with contextlib.suppress(WinscardError):
            self._api.release(self._context)


class PcscSource:
    """The readers of this machine; with `reader`, only those whose name contains it."""

    kind = "pcsc"

    def __init__(
        self,
        reader: str | None = None,
        *,
        api: Winscard | None = None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._wanted = reader or ""
        self._api = api
        self._clock = clock
        self._pause = pause
        self._context: int | None = None
        self._known: list[tuple[str, int]] = []
        self._plug_state = STATE_UNAWARE
        self._last: ReaderState | None = None

    def wait_change(self, timeout_s: float) -> ReaderState:
        deadline = self._clock() + timeout_s
        while True:
            state = self._observe()
            remaining = deadline - self._clock()
            if state != self._last or remaining <= 0:
                self._last = state
                return state
            self._block(remaining)

    def connect(self) -> Connection:
        match self._observe():
            case Present(reader, _):
                return PcscConnection(self._service(), reader)
            case SeveralCards(readers):
                raise CardError(CardErrorCode.SEVERAL_CARDS, f"cards on {len(readers)} readers")
            case Empty():
                raise CardError(CardErrorCode.NO_CARD, "no card on the reader")
            case NoReader():
                raise CardError(CardErrorCode.READER_GONE, "no reader")
            case ServiceDown(reason):
                raise CardError(CardErrorCode.SERVICE_DOWN, reason)
            case unreachable:
                assert_never(unreachable)

    def close(self) -> None:
        self._drop_context()

    def _observe(self) -> ReaderState:
        """What is there now."""
        try:
            api = self._service()
            if self._context is None:
                self._context = api.establish()
            readers = self._list_readers(api, self._context)
            if not readers:
                self._known = []
                return NoReader()
            found = api.status_change(self._context, 0, [(reader, STATE_UNAWARE) for reader in readers])
        except WinscardError as error:
            self._drop_context()
            if error.code in (UNKNOWN_READER, READER_UNAVAILABLE):
                return NoReader()  # unplugged between the two calls
            return ServiceDown(str(error))
        self._known = [(reader, bits & ~STATE_CHANGED) for reader, bits, _ in found]
        present = [
            (reader, atr) for reader, bits, atr in found if bits & STATE_PRESENT and not bits & STATE_UNAVAILABLE
        ]
        if len(present) > 1:
            return SeveralCards(tuple(reader for reader, _ in present))
        if present:
            return Present(*present[0])
        return Empty(tuple(readers))

    def _service(self) -> Winscard:
        if self._api is None:
            self._api = SystemWinscard()
        return self._api

    def _list_readers(self, api: Winscard, context: int) -> list[str]:
        try:
            return [reader for reader in api.list_readers(context) if self._wanted in reader]
        except WinscardError as error:
            if error.code == NO_READERS_AVAILABLE:
                return []
            raise

    def _block(self, seconds: float) -> None:
        """Until something may have changed, or the time is over."""
        if self._context is None:
            self._pause(min(seconds, SERVICE_RETRY_S))
            return
        watched = [*self._known, (PNP_NOTIFICATION, self._plug_state)]
        try:
            found = self._service().status_change(self._context, max(1, round(seconds * 1000)), watched)
            # Windows counts readers here, and would answer at once, for ever, to who does not say what he knows.
            self._plug_state = next((bits & ~STATE_CHANGED for name, bits, _ in found if name == PNP_NOTIFICATION), 0)
        except WinscardError as error:
            if error.code != TIMEOUT:
                self._drop_context()

    def _drop_context(self) -> None:
        if self._context is not None:
            with contextlib.suppress(WinscardError):
                self._service().release(self._context)
        self._context = None
        self._known = []
        self._plug_state = STATE_UNAWARE
