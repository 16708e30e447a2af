"""The emulated citizen card as a reader meets it: the chip, the air between, and the faults it was told to have."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from cccd_reader.apdu import ResponseApdu, StatusWord
from cccd_reader.emulation.air import AirTime
from cccd_reader.emulation.chip import Chip
from cccd_reader.emulation.chip_keys import RandomSource
from cccd_reader.emulation.chip_memory import ChipMemory, Surroundings
from cccd_reader.emulation.faults import (
    CardPulledError,
    CardSilentError,
    Fault,
    Proof,
    PullAt,
    PullInFile,
    SilenceAt,
    StatusWordAt,
    StatusWordOn,
    TruncateAt,
    WrongMacAt,
    WrongProof,
)
from cccd_reader.emulation.fids import FILE_NAMES
from cccd_reader.emulation.image import CardImage
from cccd_reader.emulation.quirks import Quirks

CLA_PSEUDO = 0xFF
"""Commands for the reader itself (PC/SC part 3, 3.2.2); a virtual reader hands them on to the card."""
_GET_UID = bytes.fromhex("FFCA0000")
_RANDOM_UID_BYTES = 4
_RANDOM_UID_PREFIX = b"\x08"
"""Identity cards show a new identifier each time they are powered: 08 marks it as random (ISO/IEC 14443-3, 6.5.4)."""

_STATUS_BYTES = 2
_INS = 1


class EmulatedCard:
    """Answers commands as the chip of `image`. Used by one thread; `arm` may be called from others.

    `random` is the chip's random source, `air` makes it as slow as a real one by `sleep`.
    """

    def __init__(
        self,
        image: CardImage,
        *,
        random: RandomSource = os.urandom,
        quirks: Quirks | None = None,
        air: AirTime | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.image = image
        self._random = random
        self._quirks = quirks or Quirks()
        self._air = air
        self._sleep = sleep
        self._faults: list[_Armed] = []
        self._memory = ChipMemory(self._quirks.password_tries)
        self.total_apdus = 0
        """All commands since the card exists, resets notwithstanding."""
        self._power_on()

    def reset(self) -> None:
        """Power off and on: session, selection and protocol runs are gone; armed faults stay."""
        self._power_on()

    def arm(self, fault: Fault) -> None:
        """The fault happens once, as soon as its moment comes."""
        self._faults.append(_Armed(fault, fault.nth if isinstance(fault, StatusWordOn) else 1))

    @property
    def apdus(self) -> int:
        """Commands since the last reset."""
        return self._apdus

    def process(self, apdu: bytes) -> bytes:
        """The answer with its status word. Raises `CardPulledError` and `CardSilentError` for faults alone."""
        if apdu[:1] == bytes([CLA_PSEUDO]):
            return self._pseudo(apdu).encode()
        self._apdus += 1
        self.total_apdus += 1
        answer = self._faulty(apdu)
        if self._air is not None:
            self._sleep(self._air.seconds(len(apdu), len(answer)))
        return answer

    def _power_on(self) -> None:
        around = Surroundings(self._random, self._before_read, self._spoils, self._sleep)
        self._chip = Chip(self.image, self._quirks, self._memory, around)
        self._apdus = 0
        self._silent = False
        # Not from `random`: a test that scripts the chip's random numbers does not mean these.
        self._uid = _RANDOM_UID_PREFIX + os.urandom(_RANDOM_UID_BYTES - 1)

    def _pseudo(self, apdu: bytes) -> ResponseApdu:
        if self._quirks.answers_uid and apdu[:4] == _GET_UID:
            return ResponseApdu(self._uid, StatusWord.OK)
        return ResponseApdu(b"", StatusWord.INS_NOT_SUPPORTED)

    def _faulty(self, apdu: bytes) -> bytes:
        fault = self._take_due(apdu)
        if isinstance(fault, PullAt):
            raise CardPulledError
        if isinstance(fault, SilenceAt):
            self._silent = True
        if self._silent:
            raise CardSilentError
        if isinstance(fault, StatusWordAt | StatusWordOn):
            if fault.protected:
                return self._chip.process(apdu, fault.sw).encode()
            self._chip.end_session()
            return ResponseApdu(b"", fault.sw).encode()
        answer = self._chip.process(apdu).encode()
        if isinstance(fault, WrongMacAt) and len(answer) > _STATUS_BYTES:
            body, status = answer[:-_STATUS_BYTES], answer[-_STATUS_BYTES:]
            return body[:-1] + bytes([body[-1] ^ 0x01]) + status
        if isinstance(fault, TruncateAt):
            return answer[: fault.keep]
        return answer

    def _take_due(self, apdu: bytes) -> Fault | None:
        for armed in self._faults:
            match armed.fault:
                case PullInFile() | WrongProof():
                    continue  # their moments come inside the chip
                case StatusWordOn(ins=ins):
                    if len(apdu) > _INS and apdu[_INS] == ins:
                        armed.left -= 1
                    due = armed.left == 0
                case fault:
                    due = fault.apdu == self._apdus
            if due:
                self._faults.remove(armed)
                return armed.fault
        return None

    def _spoils(self, proof: Proof) -> bool:
        for armed in self._faults:
            if isinstance(armed.fault, WrongProof) and armed.fault.proof is proof:
                self._faults.remove(armed)
                return True
        return False

    def _before_read(self, fid: int, end: int) -> None:
        for armed in self._faults:
            fault = armed.fault
            if isinstance(fault, PullInFile) and FILE_NAMES.get(fid) == fault.file and end > fault.after_bytes:
                self._faults.remove(armed)
                raise CardPulledError


@dataclass(slots=True, eq=False)
class _Armed:
    """A fault that waits, and how many more commands of its kind it waits for."""

    fault: Fault
    left: int
