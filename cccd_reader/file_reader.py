"""Reading elementary files in as few commands as reader and chip allow (`read_tactics` decides how much each asks)."""

from collections.abc import Callable

from cccd_reader import tlv
from cccd_reader.apdu import CommandApdu, ResponseApdu, StatusWord
from cccd_reader.errors import CardError, CardErrorCode, ChipDataError
from cccd_reader.lds.files import EF
from cccd_reader.read_tactics import ReadTactics
from cccd_reader.transport.link import Link

INS_SELECT = 0xA4
INS_READ_BINARY = 0xB0
_SELECT_EF = (0x02, 0x0C)
_SHORT_IDENTIFIER = 0x80
MAX_FILE_BYTES = 0x8000
"""READ BINARY addresses 15 bits (ISO/IEC 7816-4, 11.3.3); the files that this reader reads are half of that."""

_DENIED = (StatusWord.SECURITY_STATUS, StatusWord.CONDITIONS_NOT_SATISFIED, StatusWord.COMMAND_NOT_ALLOWED)

OnBytes = Callable[[EF, int, int], None]


class FileReader:
    """Reads files over an open session. What was read of a file before an error stays in `unfinished`.

    `on_bytes` is called with the file, the bytes that are there and the bytes that it has, before every command but a
    file's first, and at the file's end.
    """

    def __init__(self, link: Link, tactics: ReadTactics, on_bytes: OnBytes) -> None:
        self._link = link
        self._tactics = tactics
        self._on_bytes = on_bytes
        self._unfinished: tuple[EF, bytearray] | None = None

    @property
    def unfinished(self) -> tuple[EF, bytes] | None:
        return None if self._unfinished is None else (self._unfinished[0], bytes(self._unfinished[1]))

    def read(self, ef: EF, start: bytes = b"") -> bytes | None:
        """The whole file, or None when the card has none. `start` is what an earlier reading got of it.

        Raises `CardError`: access_denied, secure_messaging, bad_answer, bad_data, and what the link raises.
        """
        if start:
            first = start if self._select(ef) else None
        else:
            first = self._read_first(ef)
        if first is None:
            return None
        header = tlv.read_header(first, ef.label)
        if header.tag != ef.tag:
            raise ChipDataError(ef.label, f"tag {header.tag:02X} where {ef.tag:02X} must be")
        if header.total > MAX_FILE_BYTES:
            raise ChipDataError(ef.label, f"the file says it is longer than {MAX_FILE_BYTES} bytes")
        data = bytearray(first)
        self._unfinished = (ef, data)
        while len(data) < header.total:
            self._on_bytes(ef, len(data), header.total)
            data += self._read_at(ef, len(data), header.total - len(data))
        self._unfinished = None
        self._on_bytes(ef, header.total, header.total)
        return bytes(data[: header.total])

    def _read_first(self, ef: EF) -> bytes | None:
        """The start of the file by its short identifier, which selects it too; else after SELECT."""
        if self._tactics.uses_short_identifiers:
            answer = self._read_start(ef, _SHORT_IDENTIFIER | ef.sfi)
            if answer.data:
                self._tactics.with_short_identifiers()
                return answer.data
            if answer.sw in _DENIED:
                raise _denied(ef, answer.sw)
            # 6A82 may mean that the chip knows no short identifiers: SELECT decides whether the file exists.
        if not self._select(ef):
            return None
        answer = self._read_start(ef, 0)
        if not answer.data:
            raise _no_data(ef, answer.sw)
        self._tactics.without_short_identifiers()
        return answer.data

    def _read_start(self, ef: EF, p1: int) -> ResponseApdu:
        """The first piece of a file whose length is not known; without data when the chip refuses."""
        while True:
            asked = self._tactics.first_read(ef)
            answer = self._send_read(p1, 0, asked, past_end=True)
            if answer.sw != StatusWord.WRONG_LENGTH or not self._tactics.step_down(asked):
                break
        careful = self._tactics.careful_read(ef)
        if answer.data or answer.sw in (*_DENIED, StatusWord.FILE_NOT_FOUND) or asked <= careful:
            return answer
        again = self._send_read(p1, 0, careful, past_end=False)
        if not again.data:
            return answer
        self._tactics.read_carefully()
        return again

    def _read_at(self, ef: EF, offset: int, wanted: int) -> bytes:
        while True:
            asked = min(wanted, self._tactics.size)
            answer = self._send_read(offset >> 8, offset & 0xFF, asked, past_end=False)
            if answer.data:
                return answer.data
            if answer.sw != StatusWord.WRONG_LENGTH or not self._tactics.step_down(asked):
                raise _no_data(ef, answer.sw)

    def _send_read(self, p1: int, p2: int, asked: int, *, past_end: bool) -> ResponseApdu:
        """One READ BINARY; data with another status word than 9000 and 6282 is left out."""
        self._tactics.asking(asked, past_end=past_end)
        answer = self._link.send(
            CommandApdu(0x00, INS_READ_BINARY, p1, p2, le=asked, extended=self._tactics.is_extended(asked))
        )
        data = answer.data[:asked] if answer.ok or answer.sw == StatusWord.END_OF_FILE else b""
        if data:
            self._tactics.answered(len(data))
        return ResponseApdu(data, answer.sw)

    def _select(self, ef: EF) -> bool:
        self._tactics.not_asking()
        answer = self._link.send(CommandApdu(0x00, INS_SELECT, *_SELECT_EF, ef.fid.to_bytes(2, "big")))
        if answer.sw in _DENIED:
            raise CardError(
                CardErrorCode.ACCESS_DENIED, "the chip does not allow selecting", file=ef.label, sw=answer.sw
            )
        if answer.sw == StatusWord.FILE_NOT_FOUND:
            return False
        if not answer.ok and answer.sw != StatusWord.FILE_DEACTIVATED:
            raise CardError(CardErrorCode.BAD_ANSWER, "the file cannot be selected", file=ef.label, sw=answer.sw)
        return True


def _denied(ef: EF, sw: int) -> CardError:
    return CardError(CardErrorCode.ACCESS_DENIED, "the chip does not allow reading", file=ef.label, sw=sw)


def _no_data(ef: EF, sw: int) -> CardError:
    if sw in _DENIED:
        return _denied(ef, sw)
    return CardError(CardErrorCode.BAD_ANSWER, "the file ends before its length", file=ef.label, sw=sw)
