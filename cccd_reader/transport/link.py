"""Commands over a connection: 61xx and 6Cxx are followed up, traffic is counted, secure messaging is put around."""

from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.secure_messaging import SecureChannel
from cccd_reader.transport.base import Connection

INS_GET_RESPONSE = 0xC0
_MORE_DATA = 0x61
_CORRECT_LE = 0x6C
MAX_FOLLOW_UPS = 256
"""GET RESPONSE rounds for one command; 64 KiB in pieces of 256 bytes. A card that asks for more is broken."""


class Link:
    """The way to one card. `channel` is None until an access protocol has agreed keys."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.channel: SecureChannel | None = None
        self.apdus = 0
        self.bytes_moved = 0
        """Bytes of commands and answers together, status words included."""

    def send(self, command: CommandApdu) -> ResponseApdu:
        """The plain answer to a plain command, over secure messaging when a session is open."""
        if self.channel is None:
            return self.send_plain(command)
        return self.channel.unprotect(self.send_plain(self.channel.protect(command)))

    def send_plain(self, command: CommandApdu) -> ResponseApdu:
        """One command as it is, with its follow-ups (ISO/IEC 7816-4, 5.3.4)."""
        answer = self._exchange(command)
        if answer.sw >> 8 == _CORRECT_LE and command.le is not None:
            retry = CommandApdu(command.cla, command.ins, command.p1, command.p2, command.data, answer.sw & 0xFF or 256)
            answer = self._exchange(retry)
        data = answer.data
        for _ in range(MAX_FOLLOW_UPS):
            if answer.sw >> 8 != _MORE_DATA:
                return ResponseApdu(data, answer.sw)
            answer = self._exchange(CommandApdu(0x00, INS_GET_RESPONSE, 0, 0, le=answer.sw & 0xFF or 256))
            data += answer.data
        raise CardError(CardErrorCode.BAD_ANSWER, "the card never finishes its answer", sw=answer.sw)

    def reset(self) -> None:
        """A fresh card: no session, nothing selected."""
        self.channel = None
        self.connection.reset()

    def _exchange(self, command: CommandApdu) -> ResponseApdu:
        raw = command.encode()
        data, sw = self.connection.transmit(raw)
        self.apdus += 1
        self.bytes_moved += len(raw) + len(data) + 2
        return ResponseApdu(data, sw)
