"""A card source for the guarded process of a test: it does what the commands say, hanging and dying included."""

import os
import threading

from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.transport.base import Empty, Present, ReaderState

ATR = bytes.fromhex("3B80800101")
HANG, CRASH, PRINT, FAIL, ECHO = b"hang", b"crash", b"print", b"fail", b"echo"


def hang() -> None:
    threading.Event().wait()


class FakeConnection:
    kind = "fake"
    name = "Fake reader"
    atr = ATR
    max_data_bytes = 522

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        if apdu == HANG:
            hang()
        if apdu == CRASH:
            os._exit(3)
        if apdu == PRINT:
            print("a driver that talks")
            os.write(1, b"and one that writes")
        if apdu == FAIL:
            raise CardError(CardErrorCode.CARD_REMOVED, "the card left", sw=0x6F00)
        return apdu, 0x9000

    def reset(self) -> None:
        pass

    def close(self) -> None:
        pass


class FakeSource:
    kind = "fake"

    def __init__(self, at: str = "", flag: str = "") -> None:
        """`at` is the call that hangs, as long as the file `flag` is there."""
        self._at, self._flag = at, flag
        if at == "refuse":
            raise CardError(CardErrorCode.SERVICE_DOWN, "the port is taken")
        if at == "die":
            os._exit(1)
        self._reach("open")
        self._looks = 0

    def wait_change(self, timeout_s: float) -> ReaderState:
        self._reach("wait")
        self._looks += 1
        return Empty(("Fake reader", "Other")) if self._looks == 1 else Present("Fake reader", ATR)

    def connect(self) -> FakeConnection:
        self._reach("connect")
        return FakeConnection()

    def close(self) -> None:
        pass

    def _reach(self, call: str) -> None:
        if self._at == call and os.path.exists(self._flag):
            hang()
