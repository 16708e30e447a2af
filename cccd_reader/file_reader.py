"""Reading elementary files in pieces: the largest that reader and chip can take, and never past the end of a file."""

from collections.abc import Callable

from cccd_reader import tlv
from cccd_reader.apdu import SHORT_MAX_LE, CommandApdu, StatusWord
from cccd_reader.crypto import CipherSuite
from cccd_reader.errors import CardError, CardErrorCode, ChipDataError
from cccd_reader.lds.files import EF
from cccd_reader.transport.link import Link

INS_SELECT = 0xA4
INS_READ_BINARY = 0xB0
_SELECT_EF = (0x02, 0x0C)
_SHORT_IDENTIFIER = 0x80
MAX_FILE_BYTES = 0x8000
"""READ BINARY addresses 15 bits (ISO/IEC 7816-4, 11.3.3); the files that this reader reads are half of that."""

SHORT_CHUNKS = (160, 112)
"""Smaller pieces, for readers that cannot carry a full short APDU: the frames of PN532 devices, then half of it."""

_DENIED = (StatusWord.SECURITY_STATUS, StatusWord.CONDITIONS_NOT_SATISFIED, StatusWord.COMMAND_NOT_ALLOWED)

OnBytes = Callable[[EF, int, int], None]


def short_chunk(suite: CipherSuite) -> int:
    """The most plain bytes whose protected answer fits 256: 223 for AES and 231 for 3DES.

    The answer is DO87 (tag, two-byte length, indicator, padded cryptogram), DO99 (4 bytes) and DO8E (10 bytes).
    """
    room = SHORT_MAX_LE - 4 - 10 - 4
    return room - room % suite.block_bytes - 1


class ChunkLadder:
    """The sizes to try, largest first. `largest` may be above what short APDUs carry, for extended-length readers."""

    def __init__(self, suite: CipherSuite, largest: int | None = None) -> None:
        self.short = short_chunk(suite)
        steps = (largest or self.short, self.short, *SHORT_CHUNKS)
        self._steps = sorted({step for step in steps if step <= (largest or self.short)}, reverse=True)

    @property
    def size(self) -> int:
        return self._steps[0]

    @property
    def extended(self) -> bool:
        return self.size > self.short

    def step_down(self) -> bool:
        """Take the next smaller size; False when there is none."""
        if len(self._steps) == 1:
            return False
        del self._steps[0]
        return True


class FileReader:
    """Reads files over an open session. What was read of a file before an error stays in `unfinished`."""

    def __init__(self, link: Link, ladder: ChunkLadder, on_bytes: OnBytes) -> None:
        self._link = link
        self._ladder = ladder
        self._on_bytes = on_bytes
        self.unfinished: tuple[EF, bytes] | None = None

    def read(self, ef: EF, start: bytes = b"") -> bytes | None:
        """The whole file, or None when the card has none. `start` is what an earlier reading got of it.

        Raises `CardError`: access_denied, secure_messaging, bad_answer, bad_data, and what the link raises.
        """
        data = start
        if data:
            if not self._select(ef):
                return None
        else:
            first = self._read_first(ef)
            if first is None:
                return None
            data = first
        header = tlv.read_header(data, ef.label)
        if header.tag != ef.tag:
            raise ChipDataError(ef.label, f"tag {header.tag:02X} where {ef.tag:02X} must be")
        if header.total > MAX_FILE_BYTES:
            raise ChipDataError(ef.label, f"the file says it is longer than {MAX_FILE_BYTES} bytes")
        while len(data) < header.total:
            self.unfinished = (ef, data)
            self._on_bytes(ef, len(data), header.total)
            data += self._read_at(ef, len(data), header.total - len(data))
        self.unfinished = None
        self._on_bytes(ef, header.total, header.total)
        return data[: header.total]

    def _read_first(self, ef: EF) -> bytes | None:
        """The start of the file by its short identifier, which selects it too; else after SELECT."""
        answer = self._send_read(_SHORT_IDENTIFIER | ef.sfi, 0, ef.least_bytes)
        if answer is not None and answer[0]:
            return answer[0]
        if answer is not None and answer[1] in _DENIED:
            raise CardError(CardErrorCode.ACCESS_DENIED, "the chip does not allow reading", file=ef.label, sw=answer[1])
        # 6A82 may mean that the chip knows no short identifiers: SELECT decides whether the file exists.
        if not self._select(ef):
            return None
        return self._read_at(ef, 0, ef.least_bytes)

    def _read_at(self, ef: EF, offset: int, wanted: int) -> bytes:
        while True:
            answer = self._send_read(offset >> 8, offset & 0xFF, wanted)
            if answer is None:
                continue
            data, sw = answer
            if data:
                return data[:wanted]
            if sw in _DENIED:
                raise CardError(CardErrorCode.ACCESS_DENIED, "the chip does not allow reading", file=ef.label, sw=sw)
            raise CardError(CardErrorCode.BAD_ANSWER, "the file ends before its length", file=ef.label, sw=sw)

    def _send_read(self, p1: int, p2: int, wanted: int) -> tuple[bytes, int] | None:
        """(data, status) of one READ BINARY; None after 6700 when a smaller piece can be tried."""
        le = min(wanted, self._ladder.size)
        answer = self._link.send(
            CommandApdu(
                0x00, INS_READ_BINARY, p1, p2, le=le, extended=self._ladder.extended and le > self._ladder.short
            )
        )
        if answer.sw == StatusWord.WRONG_LENGTH and self._ladder.step_down():
            return None
        usable = answer.ok or answer.sw == StatusWord.END_OF_FILE
        return (answer.data if usable else b""), answer.sw

    def _select(self, ef: EF) -> bool:
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
