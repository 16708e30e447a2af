"""Command and response APDUs (ISO/IEC 7816-4, 5.2) in their short and extended forms, and the status words."""

from dataclasses import dataclass
from enum import IntEnum

from cccd_reader.errors import ChipDataError

SHORT_MAX_DATA = 255
SHORT_MAX_LE = 256
EXTENDED_MAX_DATA = 65535
EXTENDED_MAX_LE = 65536


class StatusWord(IntEnum):
    """The status words that eMRTD chips answer (ISO/IEC 7816-4, table 6; 9303-10 and -11)."""

    OK = 0x9000
    END_OF_FILE = 0x6282
    FILE_DEACTIVATED = 0x6283
    AUTHENTICATION_FAILED = 0x6300
    WRONG_LENGTH = 0x6700
    SECURITY_STATUS = 0x6982
    AUTHENTICATION_BLOCKED = 0x6983
    CONDITIONS_NOT_SATISFIED = 0x6985
    COMMAND_NOT_ALLOWED = 0x6986
    SM_OBJECTS_MISSING = 0x6987
    SM_OBJECTS_INCORRECT = 0x6988
    WRONG_DATA = 0x6A80
    FILE_NOT_FOUND = 0x6A82
    WRONG_P1P2 = 0x6A86
    REFERENCE_NOT_FOUND = 0x6A88
    OFFSET_OUTSIDE = 0x6B00
    INS_NOT_SUPPORTED = 0x6D00
    CLA_NOT_SUPPORTED = 0x6E00
    UNKNOWN = 0x6F00


def sw_name(sw: int) -> str:
    """The name of a status word for people: "FILE_NOT_FOUND", "MORE_DATA_16", or its four hexadecimal digits."""
    if sw >> 8 == 0x61:
        return f"MORE_DATA_{sw & 0xFF}"
    if sw >> 8 == 0x6C:
        return f"CORRECT_LE_{sw & 0xFF}"
    if sw & 0xFFF0 == 0x63C0:
        return f"TRIES_LEFT_{sw & 0xF}"
    try:
        return StatusWord(sw).name
    except ValueError:
        return f"{sw:04X}"


@dataclass(frozen=True, slots=True)
class CommandApdu:
    """A command. `le` is the number of bytes expected (1..65536; None: none). `extended` forces the long form."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None
    extended: bool = False

    @property
    def header(self) -> bytes:
        return bytes((self.cla, self.ins, self.p1, self.p2))

    @property
    def is_extended(self) -> bool:
        return self.extended or len(self.data) > SHORT_MAX_DATA or (self.le or 0) > SHORT_MAX_LE

    def encode(self) -> bytes:
        le_fits = self.le is None or 1 <= self.le <= EXTENDED_MAX_LE
        if len(self.data) > EXTENDED_MAX_DATA or not le_fits:
            raise ValueError("an APDU carries at most 65535 bytes and asks for 1..65536")
        body = self.header
        if not self.is_extended:
            if self.data:
                body += bytes([len(self.data)]) + self.data
            if self.le is not None:
                body += bytes([self.le % SHORT_MAX_LE])
            return body
        if self.data:
            body += b"\x00" + len(self.data).to_bytes(2, "big") + self.data
        if self.le is not None:
            # Case 2E has the 00 that announces the long form in front of Le; in case 4E it stands before Lc already.
            body += (b"" if self.data else b"\x00") + (self.le % EXTENDED_MAX_LE).to_bytes(2, "big")
        return body

    @classmethod
    def decode(cls, raw: bytes) -> "CommandApdu":
        """The command that `raw` encodes (all seven cases of 5.2), or `ChipDataError`."""
        if len(raw) < 4:
            raise ChipDataError("command APDU", "the header is cut off")
        cla, ins, p1, p2 = raw[:4]
        body = raw[4:]
        if not body:
            return cls(cla, ins, p1, p2)
        if len(body) == 1:
            return cls(cla, ins, p1, p2, le=body[0] or SHORT_MAX_LE)
        if body[0]:
            return cls(cla, ins, p1, p2, *_split_body(body[1:], body[0], 1))
        if len(body) < 3:
            raise ChipDataError("command APDU", "an extended length is cut off")
        number = int.from_bytes(body[1:3], "big")
        if len(body) == 3:
            return cls(cla, ins, p1, p2, le=number or EXTENDED_MAX_LE, extended=True)
        return cls(cla, ins, p1, p2, *_split_body(body[3:], number, 2), extended=True)


def is_extended(raw: bytes) -> bool:
    """Whether an encoded command has the long form (5.2: its first length byte is zero, and more bytes follow)."""
    return len(raw) > 5 and raw[4] == 0


def _split_body(rest: bytes, lc: int, le_bytes: int) -> tuple[bytes, int | None]:
    data, tail = rest[:lc], rest[lc:]
    if lc == 0 or len(data) != lc or len(tail) not in (0, le_bytes):
        raise ChipDataError("command APDU", "Lc does not match the length")
    if not tail:
        return data, None
    return data, int.from_bytes(tail, "big") or (SHORT_MAX_LE if le_bytes == 1 else EXTENDED_MAX_LE)


@dataclass(frozen=True, slots=True)
class ResponseApdu:
    """An answer: `data` (possibly empty) and the status word."""

    data: bytes
    sw: int

    @property
    def ok(self) -> bool:
        return self.sw == StatusWord.OK

    def encode(self) -> bytes:
        return self.data + self.sw.to_bytes(2, "big")

    @classmethod
    def decode(cls, raw: bytes) -> "ResponseApdu":
        if len(raw) < 2:
            raise ChipDataError("response APDU", "the status word is missing")
        return cls(raw[:-2], int.from_bytes(raw[-2:], "big"))
