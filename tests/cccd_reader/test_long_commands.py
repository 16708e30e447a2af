"""Commands and answers that do not fit a short APDU: extended length, or a chain, in the order that is asked for."""

from collections.abc import Callable
from typing import Any

import pytest

from cccd_reader import crypto
from cccd_reader.apdu import CommandApdu
from cccd_reader.crypto import CipherSuite
from cccd_reader.long_commands import send_long, short_room
from cccd_reader.secure_messaging import SecureChannel
from cccd_reader.transport.link import Link

Script = Callable[..., Any]
LONG = bytes(300)


def command(data: bytes = b"") -> CommandApdu:
    return CommandApdu(0x00, 0x86, 0, 0, data)


def short(data: bytes, cla: int = 0x00, le: int | None = None) -> str:
    return CommandApdu(cla, 0x86, 0, 0, data, le).encode().hex()


def extended(data: bytes, le: int | None = None) -> str:
    return CommandApdu(0x00, 0x86, 0, 0, data, le, extended=True).encode().hex()


@pytest.mark.parametrize("suite", list(CipherSuite))
def test_what_fits_a_short_apdu_and_one_byte_more(suite: CipherSuite) -> None:
    def channel() -> SecureChannel:
        return SecureChannel(suite, bytes(suite.key_bytes), bytes(suite.key_bytes))

    room = short_room(channel())
    assert room == (231 if suite is CipherSuite.DES3 else 223)
    assert not channel().protect(CommandApdu(0, 0x86, 0, 0, bytes(room), le=256)).is_extended
    padded = len(crypto.pad(bytes(room), suite.block_bytes))
    assert 4 + padded + 4 + 10 <= 256  # the answer with so many plain bytes
    assert 4 + padded + suite.block_bytes + 4 + 10 > 256


def test_short_commands_go_as_they_are(scripted: Script) -> None:
    connection = scripted((short(b"\x01", le=256), "AA9000"), (short(bytes(255)), "9000"))
    link = Link(connection)
    assert send_long(link, command(b"\x01"), 1).data == b"\xaa"
    assert send_long(link, command(bytes(255)), 0, extended=True).ok
    assert connection.finished


def test_long_data_go_extended(scripted: Script) -> None:
    for known in (None, True):
        connection = scripted((extended(LONG, 65536), "7C009000"))
        assert send_long(Link(connection), command(LONG), 2, extended=known).data == b"\x7c\x00"
        assert connection.finished


def test_long_data_go_in_a_chain_where_the_chip_refuses_their_length(scripted: Script) -> None:
    for known in (None, True):
        connection = scripted((extended(LONG), "6700"), (short(bytes(255), 0x10), "9000"), (short(bytes(45)), "9000"))
        assert send_long(Link(connection), command(LONG), 0, extended=known).ok
        assert connection.finished


def test_long_data_go_in_a_chain_where_extended_length_is_missing(scripted: Script) -> None:
    connection = scripted((short(bytes(255), 0x10), "9000"), (short(bytes(45), le=256), "7C009000"))
    assert send_long(Link(connection), command(LONG), 2, extended=False).data == b"\x7c\x00"
    for refusal in (0x6884, 0x6883, 0x6E00, 0x6700):
        connection = scripted((short(bytes(255), 0x10), f"{refusal:04X}"))
        assert send_long(Link(connection), command(LONG), 2, extended=False).sw == refusal
        assert connection.finished


def test_never_extended_length_where_it_is_known_not_to_work(scripted: Script) -> None:
    connection = scripted((short(b"\x01", le=256), "6700"))
    assert send_long(Link(connection), command(b"\x01"), 300, extended=False).sw == 0x6700
    assert connection.finished


def test_a_refusal_for_another_reason_is_final(scripted: Script) -> None:
    connection = scripted((extended(LONG), "6982"))
    assert send_long(Link(connection), command(LONG), 0).sw == 0x6982
    assert connection.finished


def test_a_long_answer_in_pieces(scripted: Script) -> None:
    connection = scripted((short(b"\x01", le=256), "AA" * 256 + "6110"), ("00C0000010", "BB" * 16 + "9000"))
    assert send_long(Link(connection), command(b"\x01"), 272).data == b"\xaa" * 256 + b"\xbb" * 16
    connection = scripted((short(b"\x01", le=256), "6700"), (extended(b"\x01", 65536), "AA" * 272 + "9000"))
    assert send_long(Link(connection), command(b"\x01"), 272).data == b"\xaa" * 272
    assert connection.finished
