"""An open chip for probes: every status word is an answer here, and a session that died is opened anew."""

from dataclasses import dataclass

from cccd_reader import tlv
from cccd_reader.access import Access, Opened, open_chip
from cccd_reader.apdu import CommandApdu, ResponseApdu, StatusWord, sw_name
from cccd_reader.diagnosis.recorder import RecordedConnection
from cccd_reader.errors import CardError, CardErrorCode, ChipDataError
from cccd_reader.keys import Can, KeyRing
from cccd_reader.transport.link import Link

INS_SELECT, INS_READ_BINARY = 0xA4, 0xB0
HEAD_BYTES = 8
"""The first bytes of a file: no file is shorter, and tag and length are among them."""

CHUNKS = (223, 160, 112)
"""Bytes of one READ BINARY, largest first: what a short APDU carries under AES, and what lesser readers do."""

MAX_FILE_BYTES = 0x8000
MAX_REOPENINGS = 12
"""A chip that ends more sessions than this is not asked any further."""

_DEAD_SESSION = frozenset({CardErrorCode.SECURE_MESSAGING, CardErrorCode.BAD_ANSWER})


def status_text(sw: int) -> str:
    return f"{sw:04X} {sw_name(sw)}"


@dataclass(frozen=True, slots=True, repr=False)
class FoundFile:
    """What reading a file showed. `data` is the whole file, or its head, or nothing; personal data, for parsers."""

    read_status: str
    size: int | None = None
    tag: int | None = None
    data: bytes = b""

    @property
    def whole(self) -> bool:
        return self.size is not None and len(self.data) == self.size


class Session:
    """The eMRTD application, opened by `keys` and opened again by the key that fitted."""

    def __init__(self, connection: RecordedConnection, keys: KeyRing) -> None:
        self.link = Link(connection)
        self.opened: Opened | None = None
        self.keys = keys
        self._chunks = list(CHUNKS)
        self._reopenings = 0

    def open(self, access: Access = Access.AUTO) -> Opened:
        """A fresh session. Raises `CardError`."""
        self.link.reset()
        self.opened = open_chip(self.link, self.keys, access)
        # From now on the key that is known to fit, alone: opening again is no guessing.
        key = self.opened.key
        can, mrz = (key, ()) if isinstance(key, Can) else (None, (key,))
        self.keys = KeyRing(can, mrz, self.keys.number, self.keys.qr)
        return self.opened

    def ensure_open(self) -> None:
        """Opens the chip again when the session ended. Raises `CardError`, also when it ended too often."""
        if self.opened is None:
            raise CardError(CardErrorCode.ACCESS_DENIED, "the chip was not opened")
        if self.link.channel is not None and self.link.channel.alive:
            return
        if self._reopenings == MAX_REOPENINGS:
            raise CardError(CardErrorCode.SECURE_MESSAGING, "the chip ended too many sessions")
        self._reopenings += 1
        self.open(self.opened.access)

    def send(self, command: CommandApdu) -> ResponseApdu:
        self.ensure_open()
        return self.link.send(command)

    def select(self, fid: int, p1: int = 0x02) -> ResponseApdu:
        return self.send(CommandApdu(0x00, INS_SELECT, p1, 0x0C, fid.to_bytes(2, "big")))

    def read_by_short_identifier(self, sfi: int) -> ResponseApdu:
        return self.send(CommandApdu(0x00, INS_READ_BINARY, 0x80 | sfi, 0, le=HEAD_BYTES))

    def read_selected(self, fid: int, name: str, *, whole: bool) -> FoundFile:
        """The file `fid`, which was just selected; all of it, or its head. In smaller pieces when a session ends."""
        while True:
            try:
                return self._read_selected(name, whole=whole)
            except CardError as error:
                if error.code not in _DEAD_SESSION or len(self._chunks) == 1:
                    raise
                del self._chunks[0]
                self.select(fid)

    def _read_selected(self, name: str, *, whole: bool) -> FoundFile:
        answer = self.send(CommandApdu(0x00, INS_READ_BINARY, 0, 0, le=HEAD_BYTES))
        status = status_text(answer.sw)
        if not answer.data:
            return FoundFile(status)
        try:
            header = tlv.read_header(answer.data, name)
        except ChipDataError:
            return FoundFile(f"{status}, but no tag and length", data=answer.data)
        data = answer.data
        size = header.total
        while whole and len(data) < min(size, MAX_FILE_BYTES):
            offset = len(data)
            answer = self.send(
                CommandApdu(0x00, INS_READ_BINARY, offset >> 8, offset & 0xFF, le=min(self._chunks[0], size - offset))
            )
            if answer.sw == StatusWord.WRONG_LENGTH and len(self._chunks) > 1:
                del self._chunks[0]
                continue
            if not answer.data:
                return FoundFile(f"{status_text(answer.sw)} after part of the file", size, header.tag, data)
            data += answer.data
        return FoundFile(status, size, header.tag, data[:size])


def plain_status(link: Link, command: str) -> str:
    """The status word of a command in hexadecimal that is sent as it is, outside a session."""
    return status_text(link.send_plain(CommandApdu.decode(bytes.fromhex(command))).sw)
