"""Commands over a connection: secure messaging is put around them, long ones are chained, 61xx and 6Cxx are followed
up, and traffic is counted."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from cccd_reader.apdu import EXTENDED_MAX_LE, SHORT_MAX_DATA, SHORT_MAX_LE, CommandApdu, ResponseApdu
from cccd_reader.crypto import MAC_BYTES, CipherSuite
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.secure_messaging import DO_MAC, DO_STATUS, SecureChannel
from cccd_reader.transport.base import Connection

INS_GET_RESPONSE = 0xC0
CLA_CHAINING = 0x10
"""More parts of the command follow (ISO/IEC 7816-4, 5.3.3)."""
_MORE_DATA = 0x61
_CORRECT_LE = 0x6C
MAX_FOLLOW_UPS = 256
"""GET RESPONSE rounds for one command; 64 KiB in pieces of 256 bytes. A card that asks for more is broken."""
MAX_APDUS = 10_000
"""Exchanges over one link, whatever for. A whole card in the smallest pieces takes some hundreds, the largest files
that there can be two thousand; a chip that answers in single bytes, each after rounds of 61xx, would take millions."""

Send = Callable[[CommandApdu], ResponseApdu]


def protected_data_room(suite: CipherSuite) -> int:
    """The most plain data bytes whose protected command is a short APDU: 223 for AES and 231 for 3DES.

    Beside DO87 (tag, two-byte length, indicator, padded cryptogram) there are DO97 (3 bytes) and DO8E (10 bytes).
    """
    room = SHORT_MAX_DATA - 3 - 10 - 4
    return room - room % suite.block_bytes - 1


class Link:
    """The way to one card. `channel` is None until an access protocol has agreed keys.

    `extended` is whether commands may take the long form; where they may not, longer data goes in a chain of commands.
    It starts as what the reader says about itself, and True where it says nothing.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.channel: SecureChannel | None = None
        self.extended = (connection.max_data_bytes or EXTENDED_MAX_LE) > SHORT_MAX_LE
        self.apdus = 0
        self.bytes_moved = 0
        """Bytes of commands and answers together, status words included."""

    def send(self, command: CommandApdu) -> ResponseApdu:
        """The plain answer to a plain command, over secure messaging when a session is open.

        Raises `CardError`: secure_messaging, bad_answer, unsupported for a command that this link cannot carry, and
        what the connection raises.
        """
        if self.channel is None:
            return self.send_plain(command)
        # What the chip says inside the session is followed up inside it: each is a command of its own there.
        return self._send_parts(command, protected_data_room(self.channel.suite), self._send_protected)

    def send_short(self, command: CommandApdu) -> ResponseApdu:
        """Like `send`, in short commands whatever `extended` says."""
        extended, self.extended = self.extended, False
        try:
            return self.send(command)
        finally:
            self.extended = extended

    def send_plain(self, command: CommandApdu) -> ResponseApdu:
        """One command as it is, with its follow-ups (ISO/IEC 7816-4, 5.3.4)."""
        return self._send_parts(command, SHORT_MAX_DATA, self._exchange)

    def reset(self) -> None:
        """A fresh card: no session, nothing selected."""
        self.close()
        self.connection.reset()

    def close(self) -> None:
        """The end of the session, and of its keys. The connection stays its owner's."""
        if self.channel is not None:
            self.channel.end()
        self.channel = None

    def _send_protected(self, command: CommandApdu) -> ResponseApdu:
        assert self.channel is not None
        return self.channel.unprotect(self._follow_up(self.channel.protect(command), self._exchange))

    def _send_parts(self, command: CommandApdu, room: int, send: Send) -> ResponseApdu:
        """A chain of short commands where the data is longer than a short command carries and no long one may be."""
        if self.extended or len(command.data) <= room:
            return self._follow_up(command, send)
        if command.cla & CLA_CHAINING:
            # The bit says already that other commands belong to this one: a chain inside a chain cannot be told apart.
            raise CardError(CardErrorCode.UNSUPPORTED, "the command needs a reader and a chip with extended length")
        *parts, last = _split(command, room)
        for part in parts:
            answer = send(part)
            if not answer.ok:
                return answer
        return self._follow_up(last, send)

    def _follow_up(self, command: CommandApdu, send: Send) -> ResponseApdu:
        """The whole answer. A protected one is whole: 61xx and 6Cxx inside of it are the chip's own and followed up by
        commands that are protected anew; without DO99 they are the transport's, and what is on its way stays so."""
        answer = send(command)
        if answer.sw >> 8 == _CORRECT_LE and command.le is not None and not _is_protected(answer):
            answer = send(replace(command, le=answer.sw & 0xFF or SHORT_MAX_LE, extended=False))
        data = answer.data
        for _ in range(MAX_FOLLOW_UPS):
            if answer.sw >> 8 != _MORE_DATA or _is_protected(answer):
                return ResponseApdu(data, answer.sw)
            answer = send(CommandApdu(0x00, INS_GET_RESPONSE, 0, 0, le=answer.sw & 0xFF or SHORT_MAX_LE))
            data += answer.data
            if len(data) > EXTENDED_MAX_LE:
                raise CardError(CardErrorCode.BAD_ANSWER, "an answer is longer than any may be", sw=answer.sw)
        raise CardError(CardErrorCode.BAD_ANSWER, "the card never finishes its answer", sw=answer.sw)

    def _exchange(self, command: CommandApdu) -> ResponseApdu:
        if self.apdus >= MAX_APDUS:
            raise CardError(CardErrorCode.BAD_ANSWER, f"the card is not done after {MAX_APDUS} commands")
        raw = command.encode()
        data, sw = self.connection.transmit(raw)
        self.apdus += 1
        self.bytes_moved += len(raw) + len(data) + 2
        if len(data) > EXTENDED_MAX_LE:
            raise CardError(CardErrorCode.BAD_ANSWER, "an answer is longer than any may be", sw=sw)
        return ResponseApdu(data, sw)


def _is_protected(answer: ResponseApdu) -> bool:
    """Whether it ends as a protected answer does: DO99 with the status word that stands outside too, and DO8E."""
    end = bytes([DO_STATUS, 2]) + answer.sw.to_bytes(2, "big") + bytes([DO_MAC, MAC_BYTES])
    return answer.data[-len(end) - MAC_BYTES : -MAC_BYTES] == end


def _split(command: CommandApdu, room: int) -> Iterator[CommandApdu]:
    """The parts of 5.3.3: equal headers but for the class byte; only the last asks for an answer."""
    for start in range(0, len(command.data), room):
        part = command.data[start : start + room]
        if start + room < len(command.data):
            yield replace(command, cla=command.cla | CLA_CHAINING, data=part, le=None, extended=False)
        else:
            yield replace(command, data=part, extended=False)
