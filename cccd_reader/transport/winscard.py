"""PC/SC's C interface as typed Python: the one place where pyscard's untyped functions are called."""

import importlib
from collections.abc import Sequence
from typing import Any, Protocol

from cccd_reader.transport.features import feature_codes

STATE_UNAWARE = 0x0000
STATE_CHANGED = 0x0002
STATE_UNAVAILABLE = 0x0008
STATE_PRESENT = 0x0020
"""Bits of a reader's state (PC/SC part 5, SCARD_STATE_*)."""

PNP_NOTIFICATION = "\\\\?PnP?\\Notification"
"""The pseudo reader whose state changes when readers come and go."""

SUCCESS = 0x00000000
NO_SERVICE = 0x8010001D
_GET_FEATURE_REQUEST = 3400
"""CM_IOCTL_GET_FEATURE_REQUEST (PC/SC part 10, 2.2), before the platform's way of numbering."""
_UNSIGNED = 0xFFFFFFFF


class WinscardError(Exception):
    """A call that failed, with PC/SC's unsigned result code."""

    def __init__(self, code: int, call: str) -> None:
        super().__init__(f"{call}: {code:08X}")
        self.code = code
        self.call = call


class Winscard(Protocol):
    """The calls that this room needs. Contexts and handles are the service's numbers."""

    def establish(self) -> int: ...

    def release(self, context: int) -> None: ...

    def list_readers(self, context: int) -> list[str]: ...

    def status_change(
        self, context: int, timeout_ms: int, known: Sequence[tuple[str, int]]
    ) -> list[tuple[str, int, bytes]]:
        """(reader, state bits, ATR) of each known (reader, state bits) after one of them changed."""

    def connect(self, context: int, reader: str) -> tuple[int, int]:
        """(handle, protocol) for our use alone."""

    def reconnect(self, handle: int) -> int:
        """Reset the card and keep it; the protocol."""

    def atr(self, handle: int) -> bytes: ...

    def begin_transaction(self, handle: int) -> None:
        """No other program's command comes between ours until `end_transaction`."""

    def end_transaction(self, handle: int) -> None: ...

    def transmit(self, handle: int, protocol: int, apdu: bytes) -> bytes: ...

    def features(self, handle: int) -> dict[int, int]:
        """The control codes of what the reader's driver can tell or do, by their tags (`transport.features`)."""

    def control(self, handle: int, code: int) -> bytes:
        """The answer of the reader's driver to a control code."""

    def disconnect(self, handle: int) -> None: ...


class SystemWinscard:
    """The system's smart card service, through pyscard. PCSCLITE_CSOCK_NAME chooses another pcscd, as always."""

    def __init__(self) -> None:
        # Loaded late: where the system has no PC/SC library the import fails, and other transports still work.
        try:
            self._scard: Any = importlib.import_module("smartcard.scard")
        except ImportError as error:
            raise WinscardError(NO_SERVICE, "loading the PC/SC library") from error

    def establish(self) -> int:
        code, context = self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_USER)
        _check(code, "SCardEstablishContext")
        return int(context)

    def release(self, context: int) -> None:
        _check(self._scard.SCardReleaseContext(context), "SCardReleaseContext")

    def list_readers(self, context: int) -> list[str]:
        code, readers = self._scard.SCardListReaders(context, [])
        _check(code, "SCardListReaders")
        return [str(reader) for reader in readers]

    def status_change(
        self, context: int, timeout_ms: int, known: Sequence[tuple[str, int]]
    ) -> list[tuple[str, int, bytes]]:
        code, states = self._scard.SCardGetStatusChange(context, timeout_ms, list(known))
        _check(code, "SCardGetStatusChange")
        return [(str(reader), int(bits), bytes(atr)) for reader, bits, atr in states]

    def connect(self, context: int, reader: str) -> tuple[int, int]:
        code, handle, protocol = self._scard.SCardConnect(
            context,
            reader,
            self._scard.SCARD_SHARE_EXCLUSIVE,
            self._scard.SCARD_PROTOCOL_T0 | self._scard.SCARD_PROTOCOL_T1,
        )
        _check(code, "SCardConnect")
        return int(handle), int(protocol)

    def reconnect(self, handle: int) -> int:
        code, protocol = self._scard.SCardReconnect(
            handle,
            self._scard.SCARD_SHARE_EXCLUSIVE,
            self._scard.SCARD_PROTOCOL_T0 | self._scard.SCARD_PROTOCOL_T1,
            self._scard.SCARD_RESET_CARD,
        )
        _check(code, "SCardReconnect")
        return int(protocol)

    def atr(self, handle: int) -> bytes:
        code, _reader, _state, _protocol, atr = self._scard.SCardStatus(handle)
        _check(code, "SCardStatus")
        return bytes(atr)

    def begin_transaction(self, handle: int) -> None:
        _check(self._scard.SCardBeginTransaction(handle), "SCardBeginTransaction")

    def end_transaction(self, handle: int) -> None:
        _check(self._scard.SCardEndTransaction(handle, self._scard.SCARD_LEAVE_CARD), "SCardEndTransaction")

    def transmit(self, handle: int, protocol: int, apdu: bytes) -> bytes:
        pci = self._scard.SCARD_PCI_T0 if protocol == self._scard.SCARD_PROTOCOL_T0 else self._scard.SCARD_PCI_T1
        code, answer = self._scard.SCardTransmit(handle, pci, list(apdu))
        _check(code, "SCardTransmit")
        return bytes(answer)

    def features(self, handle: int) -> dict[int, int]:
        return feature_codes(self.control(handle, self._scard.SCARD_CTL_CODE(_GET_FEATURE_REQUEST)))

    def control(self, handle: int, code: int) -> bytes:
        result, answer = self._scard.SCardControl(handle, code, [])
        _check(result, "SCardControl")
        return bytes(answer)

    def disconnect(self, handle: int) -> None:
        # Reset on leaving: a card that stays powered would keep our session for whoever connects next.
        _check(self._scard.SCardDisconnect(handle, self._scard.SCARD_RESET_CARD), "SCardDisconnect")


def _check(code: int, call: str) -> None:
    # pyscard gives signed or unsigned codes, depending on the platform.
    if code & _UNSIGNED != SUCCESS:
        raise WinscardError(code & _UNSIGNED, call)
