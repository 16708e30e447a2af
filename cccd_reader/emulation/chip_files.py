"""The chip's file system and its access rules (ICAO 9303-10, 3; 9303-11, 4): what may be selected and read by whom."""

from collections.abc import Mapping

from cccd_reader.apdu import EXTENDED_MAX_LE, SHORT_MAX_LE, CommandApdu, ResponseApdu, StatusWord
from cccd_reader.emulation.chip_messaging import SecureMessagingError
from cccd_reader.emulation.fids import FID_CARD_ACCESS, FID_CARD_SECURITY, FID_DG3, FID_DG4, fid_of_group
from cccd_reader.emulation.image import CardImage
from cccd_reader.emulation.quirks import PastEnd, Quirks

EMRTD_AID = bytes.fromhex("A0000002471001")
MASTER_FILE = 0x3F00

_PROTECTED_BY_TERMINAL_AUTHENTICATION = frozenset({FID_DG3, FID_DG4})
"""Fingerprints and irises: for terminals with the authority's certificates only (9303-11, 7)."""

_SFI_FLAG = 0x80
_SFI_MASK = 0x1F

_CORRECT_LE = 0x6C00


class ChipFiles:
    """The master file with EF.CardAccess and EF.CardSecurity, the application with all others, what is selected, and
    the reading of it. `unlocked` is set by PACE and BAC, `opened_by_pace` by PACE alone, which EF.CardSecurity asks for
    (ICAO 9303-10, 3.11.3)."""

    def __init__(self, image: CardImage, quirks: Quirks) -> None:
        self._application = {fid: data for fid, data in image.files.items() if fid != FID_CARD_ACCESS}
        self._master: dict[int, bytes] = {}
        if FID_CARD_ACCESS in image.files and not quirks.hides_card_access:
            self._master[FID_CARD_ACCESS] = image.files[FID_CARD_ACCESS]
        if image.card_security is not None:
            self._master[FID_CARD_SECURITY] = image.card_security
        self._quirks = quirks
        self.application_selected = False
        self.unlocked = False
        self.opened_by_pace = False
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
        if command.p1 & ~(_SFI_FLAG | _SFI_MASK) or not self._quirks.short_identifiers:
            return StatusWord.WRONG_P1P2, 0, 0
        fid = fid_of_group(command.p1 & _SFI_MASK)  # other files follow the same rule: EF.COM has 1E and 011E
        return self.select(fid), fid, command.p2

    def read(self, fid: int, offset: int, le: int) -> ResponseApdu:
        """At most `le` bytes from `offset` of a file that may be read.

        An offset past the end is 6B00. What a request gets that reaches past the end is a matter of the chip
        (`PastEnd`); one that ends the session raises `SecureMessagingError`.
        """
        data = self._files[fid]
        if offset >= len(data):
            return ResponseApdu(b"", StatusWord.OFFSET_OUTSIDE)
        part = data[offset : offset + le]
        if len(part) == le or le in (SHORT_MAX_LE, EXTENDED_MAX_LE):
            # The largest Le asks for all there is (ISO/IEC 7816-4, 5.1).
            return ResponseApdu(part, StatusWord.OK)
        match self._quirks.past_end:
            case PastEnd.WARNS:
                return ResponseApdu(part, StatusWord.END_OF_FILE)
            case PastEnd.CUTS:
                return ResponseApdu(part, StatusWord.OK)
            case PastEnd.CORRECTS if len(part) < SHORT_MAX_LE:
                return ResponseApdu(b"", _CORRECT_LE | len(part))
            case PastEnd.CORRECTS | PastEnd.REFUSES:
                return ResponseApdu(b"", StatusWord.WRONG_LENGTH)
            case PastEnd.ENDS_SESSION:
                raise SecureMessagingError(StatusWord.OFFSET_OUTSIDE)

    @property
    def _files(self) -> Mapping[int, bytes]:
        return self._application if self.application_selected else self._master

    def _permission(self, fid: int) -> StatusWord:
        if self.application_selected:
            if not self.unlocked:
                return StatusWord.SECURITY_STATUS
            if fid in _PROTECTED_BY_TERMINAL_AUTHENTICATION and fid in self._application:
                return StatusWord.SECURITY_STATUS
        elif fid == FID_CARD_SECURITY and fid in self._master and not self.opened_by_pace:
            return StatusWord.SECURITY_STATUS
        return StatusWord.OK if fid in self._files else StatusWord.FILE_NOT_FOUND
