"""The chip's file system and its access rules (ICAO 9303-10, 3; 9303-11, 4): what may be selected and read by whom."""

from collections.abc import Mapping

from cccd_reader.apdu import EXTENDED_MAX_LE, SHORT_MAX_LE, CommandApdu, ResponseApdu, StatusWord
from cccd_reader.emulation.fids import FID_CARD_ACCESS, FID_DG3, FID_DG4, fid_of_group

EMRTD_AID = bytes.fromhex("A0000002471001")
MASTER_FILE = 0x3F00

_PROTECTED_BY_TERMINAL_AUTHENTICATION = frozenset({FID_DG3, FID_DG4})
"""Fingerprints and irises: for terminals with the authority's certificates only (9303-11, 7)."""

_SFI_FLAG = 0x80
_SFI_MASK = 0x1F


class ChipFiles:
    """Files, what is selected, and the reading of them. `unlocked` is set by PACE and BAC."""

    def __init__(self, files: Mapping[int, bytes], *, hide_card_access: bool, short_identifiers: bool) -> None:
        self._files = files
        self._hidden = frozenset({FID_CARD_ACCESS}) if hide_card_access else frozenset[int]()
        self._short_identifiers = short_identifiers
        self.application_selected = False
        self.unlocked = False
        self.current: int | None = None

    def select_application(self, aid: bytes) -> StatusWord:
        if aid != EMRTD_AID:
            return StatusWord.FILE_NOT_FOUND
        self.application_selected = True
        self.current = None
        return StatusWord.OK

    def select_master_file(self) -> StatusWord:
        self.application_selected = False
        self.current = None
        return StatusWord.OK

    def select(self, fid: int) -> StatusWord:
        """Selecting a protected file is refused like reading it (9303-11, 4.3)."""
        status = self._permission(fid)
        if status is StatusWord.OK:
            self.current = fid
        return status

    def locate(self, command: CommandApdu) -> tuple[StatusWord, int, int]:
        """(status, file, offset) that a READ BINARY means; a short identifier selects the file too."""
        if not command.p1 & _SFI_FLAG:
            if self.current is None:
                return StatusWord.COMMAND_NOT_ALLOWED, 0, 0
            return self._permission(self.current), self.current, command.p1 << 8 | command.p2
        if command.p1 & ~(_SFI_FLAG | _SFI_MASK) or not self._short_identifiers:
            return StatusWord.WRONG_P1P2, 0, 0
        fid = fid_of_group(command.p1 & _SFI_MASK)  # other files follow the same rule: EF.COM has 1E and 011E
        return self.select(fid), fid, command.p2

    def read(self, fid: int, offset: int, le: int) -> ResponseApdu:
        """At most `le` bytes. A request that reaches past the end is answered with the rest and 6282, unless it asked
        for all there is with the largest Le (ISO/IEC 7816-4, 11.3.3)."""
        data = self._files[fid]
        if offset >= len(data):
            return ResponseApdu(b"", StatusWord.OFFSET_OUTSIDE)
        part = data[offset : offset + le]
        whole = len(part) == le or le in (SHORT_MAX_LE, EXTENDED_MAX_LE)
        return ResponseApdu(part, StatusWord.OK if whole else StatusWord.END_OF_FILE)

    def _permission(self, fid: int) -> StatusWord:
        if not self.application_selected:
            known = fid == FID_CARD_ACCESS and fid in self._files and fid not in self._hidden
            return StatusWord.OK if known else StatusWord.FILE_NOT_FOUND
        if not self.unlocked:
            return StatusWord.SECURITY_STATUS
        if fid not in self._files or fid == FID_CARD_ACCESS:
            return StatusWord.FILE_NOT_FOUND
        if fid in _PROTECTED_BY_TERMINAL_AUTHENTICATION:
            return StatusWord.SECURITY_STATUS
        return StatusWord.OK
