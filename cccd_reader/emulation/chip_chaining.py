"""Commands and answers in parts (ISO/IEC 7816-4, 5.3.3 and 5.3.4): what does not fit a short APDU."""

from dataclasses import replace

from cccd_reader import tlv
from cccd_reader.apdu import EXTENDED_MAX_DATA, CommandApdu, ResponseApdu, StatusWord
from cccd_reader.emulation.chip_messaging import RefusedError
from cccd_reader.errors import ChipDataError

CHAINING = 0x10
"""Bit of the class byte: more parts of the command follow."""

_DO_DYNAMIC = 0x7C
_MORE = 0x61
_MAX_COUNT = 0x100


class CommandChain:
    """Collects the parts of a command. Any other command breaks it off."""

    def __init__(self) -> None:
        self._header: bytes | None = None
        self._data = b""

    @property
    def open(self) -> bool:
        return self._header is not None

    def drop(self) -> None:
        self._header, self._data = None, b""

    def add(self, command: CommandApdu) -> CommandApdu | None:
        """The whole command with its last part; None while parts are to come.

        Raises `RefusedError(6700)` for a command longer than any APDU.
        """
        header = bytes([command.cla & ~CHAINING]) + command.header[1:]
        if header != self._header:
            self.drop()
        data = self._data + command.data
        if len(data) > EXTENDED_MAX_DATA:
            self.drop()
            raise RefusedError(StatusWord.WRONG_LENGTH)
        if command.cla & CHAINING:
            self._header, self._data = header, data
            return None
        self.drop()
        return replace(command, data=data)

    def add_step(self, command: CommandApdu) -> CommandApdu | None:
        """The same for GENERAL AUTHENTICATE, whose chaining bit links the steps of PACE (9303-11, 4.4.4.3): there a
        command is whole when its data object is."""
        joined = self.add(replace(command, cla=command.cla & ~CHAINING))
        assert joined is not None
        if command.cla & CHAINING and _is_cut_off(joined.data):
            self.add(replace(joined, cla=joined.cla | CHAINING))
            return None
        return replace(joined, cla=command.cla)


class AnswerQueue:
    """The rest of an answer that was longer than the command had room for."""

    def __init__(self) -> None:
        self._rest = b""
        self._sw = 0

    @property
    def waiting(self) -> bool:
        return bool(self._rest)

    def drop(self) -> None:
        self._rest = b""

    def first(self, answer: ResponseApdu, room: int) -> ResponseApdu:
        """The beginning of `answer` with 61xx, or all of it."""
        self._rest, self._sw = answer.data, answer.sw
        return self.next(room)

    def next(self, room: int) -> ResponseApdu:
        """The next part: GET RESPONSE."""
        part, self._rest = self._rest[:room], self._rest[room:]
        if not self._rest:
            return ResponseApdu(part, self._sw)
        # 6100 says 256 bytes or more.
        count = len(self._rest) if len(self._rest) < _MAX_COUNT else 0
        return ResponseApdu(part, _MORE << 8 | count)


def _is_cut_off(data: bytes) -> bool:
    """Whether this is the beginning of a dynamic authentication template, which by its length has more bytes."""
    try:
        header = tlv.read_header(data)
    except ChipDataError:
        return False
    return header.tag == _DO_DYNAMIC and header.total > len(data)
